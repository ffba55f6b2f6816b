"""What is personal in the trail can go; the trail stays."""

import asyncpg
import pytest

from server import db
from server.audit import service as audit
from server.lib.ids import uuid7
from tests.audit.trail import CHAIN_ID, flaw, intruder, record
from tests.times import MONDAY

ADDRESS = "192.0.2.1"


async def addresses():
    rows = await db.fetch("SELECT address FROM audit_personal ORDER BY id")
    return [row["address"] for row in rows]


async def test_an_address_stands_beside_its_entry(database):
    await record("one", address=ADDRESS)

    assert await addresses() == [ADDRESS]
    assert await flaw() is None


async def test_equal_addresses_have_unlike_commitments(database):
    await record("one", "two", address=ADDRESS)

    rows = await db.fetch("SELECT DISTINCT commitment FROM audit_entries")
    assert len(rows) == 2


async def test_an_entry_without_an_address_commits_to_nothing(database):
    await record("one")
    await record("two", address="")

    rows = await db.fetch("SELECT commitment FROM audit_entries")
    assert [row["commitment"] for row in rows] == [None, None]
    assert await addresses() == []


async def test_a_person_is_erased_and_the_chain_stays_whole(database):
    person = uuid7()
    await record("one", "two", address=ADDRESS, actor_id=person)
    await record("three", address="192.0.2.2")

    assert await audit.erase_person(person) == 2

    assert await addresses() == ["192.0.2.2"]
    assert await flaw() is None


async def test_what_was_tried_on_an_account_is_erased_with_it(database):
    person = uuid7()
    await audit.record(
        CHAIN_ID,
        "user.sign_in_failed",
        actor_id=None,
        subject_kind="user",
        subject_id=person,
        address=ADDRESS,
        now=MONDAY,
    )

    assert await audit.erase_person(person) == 1
    assert await addresses() == []


async def test_nothing_of_an_erased_address_is_left_to_try_guesses_on(database):
    person = uuid7()
    await record("one", address=ADDRESS, actor_id=person)
    salt = await db.fetch_value("SELECT salt FROM audit_personal")

    await audit.erase_person(person)

    (left,) = await db.fetch("SELECT e::text AS text FROM audit_entries e")
    assert ADDRESS not in left["text"]
    assert salt.hex() not in left["text"]


async def test_an_address_that_was_changed_is_found(servers, database):
    await record("one", "two", address=ADDRESS)

    async with intruder(servers, database) as owner:
        await owner.execute("UPDATE audit_personal SET address = '192.0.2.9'")

    assert (await flaw()).sequence == 1


@pytest.mark.parametrize("role", ["database", "owner_database"])
async def test_nobody_changes_an_address_by_mistake(database, role):
    await record("one", address=ADDRESS)
    connection = await asyncpg.connect(getattr(database, role))

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("UPDATE audit_personal SET address = 'x'")

    await connection.close()


async def test_an_entry_costs_two_statements_in_its_transaction(database, count_statements):
    async with db.transaction():
        with count_statements() as seen:
            await record("one", address=ADDRESS)

    assert len(seen) == 2
