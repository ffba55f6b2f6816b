from uuid import UUID

import pytest

from server import config, db
from server.config import SettingsError
from server.keys import envelope, master, service
from server.keys.classes import ENCRYPTED, DataClass
from server.keys.envelope import DecryptError
from server.lib.ids import uuid7
from tests.times import MONDAY

ROW = UUID(int=7)


async def test_a_new_household_has_an_active_key_for_each_class(member):
    rows = await db.fetch(
        "SELECT data_class, state FROM key_ring WHERE household_id = $1",
        member.scope.household_id,
    )

    assert sorted((row["data_class"], row["state"]) for row in rows) == sorted(
        (data_class, "active") for data_class in DataClass
    )


@pytest.mark.parametrize(("table", "column"), ENCRYPTED)
async def test_every_encrypted_column_can_be_sealed_and_opened(member, table, column):
    box = await service.box(member.scope.household_id)

    blob = box.seal(table, column, ROW, "Grüße")

    assert box.open(table, column, ROW, blob) == "Grüße"


async def test_a_value_does_not_open_in_another_household(member, stranger):
    ours = await service.box(member.scope.household_id)
    theirs = await service.box(stranger.scope.household_id)

    with pytest.raises(DecryptError):
        theirs.open("contacts", "notes", ROW, ours.seal("contacts", "notes", ROW, "secret"))


async def test_a_value_does_not_open_in_another_row(member):
    box = await service.box(member.scope.household_id)
    blob = box.seal("contacts", "notes", ROW, "secret")

    with pytest.raises(DecryptError):
        box.open("contacts", "notes", UUID(int=8), blob)


async def test_a_value_does_not_open_in_another_column_of_the_same_key(member):
    box = await service.box(member.scope.household_id)
    blob = box.seal("contacts", "custom_fields", ROW, "secret")

    with pytest.raises(DecryptError):
        box.open("contacts", "kept_properties", ROW, blob)


async def test_a_column_that_is_not_encrypted_has_no_key(member):
    box = await service.box(member.scope.household_id)

    with pytest.raises(KeyError):
        box.seal("contacts", "name", ROW, "Ben")


@pytest.mark.parametrize("nothing", [None, ""])
async def test_nothing_is_stored_as_nothing(member, nothing):
    box = await service.box(member.scope.household_id)

    assert box.seal_if("contacts", "notes", ROW, nothing) is None


async def test_nothing_opens_as_nothing(member):
    box = await service.box(member.scope.household_id)

    assert box.open_if("contacts", "notes", ROW, None) is None


async def test_boxes_of_many_households_are_read_at_once(member, stranger, statements):
    service.forget_boxes()
    ids = [member.scope.household_id, stranger.scope.household_id]

    statements.clear()
    found = await service.boxes(ids)

    assert (set(found), len(statements)) == (set(ids), 1)


async def test_a_box_that_was_just_read_costs_no_statement(member, statements):
    await service.box(member.scope.household_id)

    statements.clear()
    await service.box(member.scope.household_id)

    assert len(statements) == 0


async def test_an_older_key_still_opens_what_it_sealed(member):
    household = member.scope.household_id
    blob = (await service.box(household)).seal("contacts", "notes", ROW, "old")
    await db.execute("UPDATE key_ring SET state = 'readable' WHERE data_class = 'notes'")
    new = service.ring_row(
        uuid7(), "data", envelope.new_key(), household, DataClass.NOTES, key_version=2
    )
    await db.execute(
        f"INSERT INTO key_ring ({', '.join(new)}, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        *new.values(),
        MONDAY,
    )
    service.forget_boxes()

    box = await service.box(household)

    assert box.open("contacts", "notes", ROW, blob) == "old"
    assert envelope.key_id_of(box.seal("contacts", "notes", ROW, "new")) == new["id"]


async def test_keys_lie_wrapped_in_the_database(member):
    household = member.scope.household_id
    row = await db.fetch_row("SELECT id, wrapped FROM key_ring WHERE household_id = $1", household)
    assert row is not None

    key = master.unwrap(row["id"], "data", row["wrapped"], household)

    assert (len(key), key in row["wrapped"]) == (32, False)


async def test_a_wrapped_key_does_not_open_for_another_household(member, stranger):
    household = member.scope.household_id
    row = await db.fetch_row("SELECT id, wrapped FROM key_ring WHERE household_id = $1", household)
    assert row is not None

    with pytest.raises(DecryptError):
        master.unwrap(row["id"], "data", row["wrapped"], stranger.scope.household_id)


async def test_a_wrapped_key_does_not_open_for_another_purpose(database):
    key_id = uuid7()
    wrapped = master.wrap(key_id, "jwt", bytes(32), None)

    with pytest.raises(DecryptError):
        master.unwrap(key_id, "audit", wrapped, None)


def test_without_a_master_key_nothing_can_be_wrapped(environment):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ENCRYPTION_KEY")
        config.settings.cache_clear()
        with pytest.raises(SettingsError, match="ENCRYPTION_KEY: not set"):
            master.master_key()
    config.settings.cache_clear()
