from itertools import combinations

import pytest
from piccolo.columns import JSON, JSONB, Array, Bytea, Text, Varchar

from server.keys.classes import ENCRYPTED, HASHED, PLAIN, SEARCHABLE, WRAPPED
from server.piccolo_app import APP_CONFIG

COLUMNS = {
    (table._meta.tablename, column._meta.name): column
    for table in APP_CONFIG.table_classes
    for column in table._meta.columns
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
