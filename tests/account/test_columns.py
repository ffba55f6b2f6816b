"""Every column is classed as exported or withheld; the table says nothing that is not so."""

import re

import pytest

from server.account.columns import EXPORTED, JSON_INSIDE, TABLES
from server.keys.classes import ENCRYPTED, HASHED, WRAPPED
from server.piccolo_app import APP_CONFIG

COLUMNS = {
    table._meta.tablename: [column._meta.name for column in table._meta.columns]
    for table in APP_CONFIG.table_classes
}


# Tables of persons without a column that says so in one of the usual words.
NAMED_OTHERWISE = {"users", "households", "audit_personal"}


def test_every_table_is_classed():
    assert TABLES.keys() == COLUMNS.keys()


@pytest.mark.parametrize("table", COLUMNS)
def test_every_column_is_exported_or_withheld_exactly_once(table):
    rule = TABLES[table]

    assert sorted([*rule.exported, *rule.withheld]) == sorted(COLUMNS[table])


@pytest.mark.parametrize("table", COLUMNS)
def test_a_withheld_column_has_a_reason_in_words(table):
    assert all(len(reason.split()) >= 5 for reason in TABLES[table].withheld.values())


@pytest.mark.parametrize("place", sorted(HASHED | WRAPPED), ids=".".join)
def test_no_hash_and_no_key_is_exported(place):
    table, column = place

    assert column in TABLES[table].withheld


@pytest.mark.parametrize("table", COLUMNS)
def test_a_table_with_an_owner_is_exported(table):
    owned = {"user_id", "actor_id"} & set(COLUMNS[table]) or table in NAMED_OTHERWISE

    assert (table in EXPORTED) == bool(owned)


@pytest.mark.parametrize("rule", EXPORTED.values(), ids=EXPORTED)
def test_what_is_exported_is_limited_to_household_and_user(rule):
    names = set(re.findall(r"\$\d", rule.mine))

    assert names == ({"$1"} if rule is TABLES["households"] else {"$1", "$2"})


def test_json_inside_is_encrypted():
    assert ENCRYPTED.keys() >= JSON_INSIDE
