from datetime import UTC, datetime
from uuid import UUID

import pytest

from server.audit import chain

KEY_ID, OTHER_ID = UUID(int=1), UUID(int=2)
FIELDS = {"action": "user.created", "sequence": 1, "at": datetime(2026, 3, 2, tzinfo=UTC)}


@pytest.fixture(autouse=True)
def keys():
    chain.use_keys({KEY_ID: bytes(32)}, KEY_ID)


def test_an_entry_fits_its_own_hash():
    found = chain.entry_hash(chain.GENESIS, FIELDS)

    assert chain.is_entry_hash(found, chain.GENESIS, FIELDS)


def test_the_order_of_the_fields_does_not_matter():
    turned = dict(reversed(FIELDS.items()))

    assert chain.entry_hash(chain.GENESIS, FIELDS) == chain.entry_hash(chain.GENESIS, turned)


def test_another_predecessor_gives_another_hash():
    found = chain.entry_hash(chain.GENESIS, FIELDS)

    assert not chain.is_entry_hash(found, bytes([1]) * 48, FIELDS)


@pytest.mark.parametrize("changed", [{"action": "user.deleted"}, {"sequence": 2}, {"more": None}])
def test_a_changed_field_gives_another_hash(changed):
    found = chain.entry_hash(chain.GENESIS, FIELDS)

    assert not chain.is_entry_hash(found, chain.GENESIS, {**FIELDS, **changed})


def test_entries_of_an_older_key_still_fit():
    found = chain.entry_hash(chain.GENESIS, FIELDS)
    chain.use_keys({KEY_ID: bytes(32), OTHER_ID: bytes([1]) * 32}, OTHER_ID)

    assert chain.is_entry_hash(found, chain.GENESIS, FIELDS)


def test_a_hash_without_the_key_cannot_be_made():
    found = chain.entry_hash(chain.GENESIS, FIELDS)
    chain.use_keys({KEY_ID: bytes([1]) * 32}, KEY_ID)

    assert not chain.is_entry_hash(found, chain.GENESIS, FIELDS)


@pytest.mark.parametrize("found", [b"", b"short", OTHER_ID.bytes + bytes(32)])
def test_what_is_no_hash_of_ours_does_not_fit(found):
    assert not chain.is_entry_hash(found, chain.GENESIS, FIELDS)


def test_only_plain_values_can_be_covered():
    with pytest.raises(TypeError):
        chain.entry_hash(chain.GENESIS, {"details": {1, 2}})
