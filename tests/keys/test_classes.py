from itertools import combinations

import pytest
from piccolo.columns import JSON, JSONB, Array, Bytea, Text, Varchar

from server.keys.classes import BLIND_INDEXES, ENCRYPTED, HASHED, PLAIN, SEARCHABLE, WRAPPED
from server.piccolo_app import APP_CONFIG

COLUMNS = {
    (table._meta.tablename, column._meta.name): column
    for table in APP_CONFIG.table_classes
    for column in table._meta.columns
}
# What the design has encrypted, by its own words; what is not built yet joins with its table.
DESIGN = {
    "notes": "contacts.notes interactions.notes suggestions.dismissed_note",
    "custom fields": "contacts.custom_fields",
    "kept vCard properties": "contacts.kept_properties",
    "import-ledger lines": "import_items.ledger",
    "event titles, descriptions and attendees": "calendar_events.component"
    " calendar_occurrences.details",
    "message bodies and addresses": "outbox_messages.subject outbox_messages.body"
    " outbox_messages.html outbox_messages.address inbox_messages.body inbox_messages.mail_id",
    "idempotency bodies": "idempotency_keys.body",
    "OAuth tokens": "calendar_connections.credential calendar_connections.sync_state",
    "MFA secrets": "totp_factors.secret",
    "the phone of a user": "users.phone phone_codes.phone opt_outs.former_numbers",
    "a key for each photo": "contacts.photo_key",
}
# What can hold words or bytes; JSONB is a JSON, and Text a column of its own.
HOLDS_TEXT = (Varchar, Text, JSON, JSONB, Bytea, Array)
CLASSES = {
    "encrypted": frozenset(ENCRYPTED),
    "hashed": HASHED,
    "wrapped": WRAPPED,
    "searchable": SEARCHABLE,
    **PLAIN,
}


@pytest.mark.parametrize(
    "place", [p for p, column in COLUMNS.items() if isinstance(column, HOLDS_TEXT)], ids=".".join
)
def test_every_column_that_can_hold_text_is_classed_exactly_once(place):
    assert len([name for name, places in CLASSES.items() if place in places]) == 1


@pytest.mark.parametrize(
    "place", [p for p, column in COLUMNS.items() if isinstance(column, Bytea)], ids=".".join
)
def test_every_column_of_bytes_is_encrypted_hashed_or_wrapped(place):
    assert place in frozenset(ENCRYPTED) | HASHED | WRAPPED


@pytest.mark.parametrize("words", DESIGN)
def test_what_the_design_encrypts_is_encrypted(words):
    assert {tuple(place.split(".")) for place in DESIGN[words].split()} <= ENCRYPTED.keys()


def test_every_encrypted_column_is_one_that_the_design_names():
    named = {tuple(place.split(".")) for words in DESIGN.values() for place in words.split()}

    assert named == ENCRYPTED.keys()


def test_no_column_is_in_two_classes():
    overlaps = [
        (one, other, places & others)
        for (one, places), (other, others) in combinations(CLASSES.items(), 2)
        if places & others
    ]

    assert overlaps == []


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_names_only_columns_that_exist(name):
    assert CLASSES[name] <= COLUMNS.keys()


@pytest.mark.parametrize("place", ENCRYPTED, ids=".".join)
def test_encrypted_columns_hold_bytes(place):
    assert isinstance(COLUMNS[place], Bytea)


@pytest.mark.parametrize("place", ENCRYPTED, ids=".".join)
def test_encrypted_rows_belong_to_a_household_and_have_an_id(place):
    table, _ = place

    assert (table, "household_id") in COLUMNS
    assert (table, "id") in COLUMNS


@pytest.mark.parametrize("blind", BLIND_INDEXES, ids=lambda blind: ".".join(blind.column))
def test_a_blind_index_is_of_an_encrypted_column_and_names_the_key_of_each_digest(blind):
    table, _ = blind.column

    assert blind.column in ENCRYPTED
    assert {(table, slot) for slot in blind.slots} <= HASHED
    assert {(table, f"{slot}_key_id") for slot in blind.slots} <= COLUMNS.keys()
    assert len(set(blind.slots)) == 2


def test_every_digest_that_has_a_key_is_of_a_blind_index():
    keyed = {place for place in HASHED if (place[0], f"{place[1]}_key_id") in COLUMNS}

    assert keyed == {(blind.column[0], slot) for blind in BLIND_INDEXES for slot in blind.slots}
