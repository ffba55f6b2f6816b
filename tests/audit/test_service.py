import asyncio

import asyncpg
import pytest

from server import db
from server.audit import service as audit
from server.audit import service_verify
from server.lib.ids import uuid7
from tests.times import MONDAY

CHAIN = uuid7()


@pytest.fixture
async def owner(database):
    """A connection of the schema's owner, with the guard of the table switched off."""
    connection = await asyncpg.connect(database.owner_database)
    await connection.execute("ALTER TABLE audit_entries DISABLE TRIGGER USER")
    yield connection
    await connection.execute("ALTER TABLE audit_entries ENABLE TRIGGER USER")
    await connection.close()


async def record(*actions):
    for action in actions:
        await audit.record(CHAIN, action, actor_id=uuid7(), now=MONDAY, details={"count": 3})


async def flaw():
    return (await service_verify.verify_chain(CHAIN)).flaw


async def bad_row():
    found = await flaw()
    return found.sequence if found else None


async def test_an_untouched_chain_is_whole(database):
    await record("one", "two", "three")

    assert await flaw() is None


async def test_an_empty_chain_is_whole(database):
    assert await flaw() is None


async def test_entries_count_up_from_1_without_a_gap(database):
    await record("one", "two", "three")

    rows = await db.fetch("SELECT sequence FROM audit_entries WHERE chain_id = $1", CHAIN)
    assert sorted(row["sequence"] for row in rows) == [1, 2, 3]


async def test_entries_written_at_once_stand_in_one_chain(database):
    await asyncio.gather(*(record("one", "two") for _ in range(5)))

    assert await flaw() is None
    assert await db.fetch_value("SELECT max(sequence) FROM audit_entries") == 10


async def test_an_entry_of_a_rolled_back_transaction_leaves_no_gap(database):
    await record("one")

    async def fail():
        async with db.transaction():
            await record("never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await record("two")

    assert await flaw() is None


@pytest.mark.parametrize(
    "change",
    [
        "action = 'nothing'",
        "actor_id = NULL",
        "subject_kind = 'user'",
        "subject_id = id",
        "at = at + interval '1 second'",
        "details = '{\"count\": 4}'",
        "sequence = 7",
        "chain_id = id",
        "hash = decode(repeat('00', 48), 'hex')",
        "hash = ''",
        "previous_hash = hash",
    ],
)
async def test_an_altered_entry_is_found(owner, change):
    await record("one", "two", "three")

    await owner.execute(f"UPDATE audit_entries SET {change} WHERE sequence = 2")

    assert await bad_row() == 2


@pytest.mark.parametrize("sequence", [1, 2])
async def test_a_deleted_entry_is_found(owner, sequence):
    await record("one", "two", "three")

    await owner.execute("DELETE FROM audit_entries WHERE sequence = $1", sequence)

    assert await bad_row() == sequence


async def test_a_deleted_entry_whose_successors_moved_up_is_found(owner):
    await record("one", "two", "three")

    await owner.execute("DELETE FROM audit_entries WHERE sequence = 2")
    await owner.execute("UPDATE audit_entries SET sequence = 2 WHERE sequence = 3")

    assert await bad_row() == 2


async def test_entries_in_another_order_are_found(owner):
    await record("one", "two", "three")

    for before, after in ((2, 99), (3, 2), (99, 3)):
        await owner.execute(
            "UPDATE audit_entries SET sequence = $2 WHERE sequence = $1", before, after
        )

    assert await bad_row() == 2


async def test_an_invented_entry_is_found(owner):
    await record("one")

    await owner.execute(
        """INSERT INTO audit_entries (id, chain_id, sequence, action, at, details, previous_hash,
                hash)
            SELECT gen_random_uuid(), chain_id, 2, 'invented', at, '{}', hash, hash
            FROM audit_entries"""
    )

    assert await bad_row() == 2


async def test_an_address_can_be_erased_without_breaking_the_chain(owner):
    await audit.record(CHAIN, "one", actor_id=None, now=MONDAY, address="192.0.2.1")

    await owner.execute("DELETE FROM audit_personal")

    assert await flaw() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
async def test_the_application_cannot_change_the_trail(database, statement):
    await record("one")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET action = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries CASCADE",
    ],
)
async def test_not_even_the_owner_changes_the_trail_by_mistake(database, statement):
    await record("one")
    connection = await asyncpg.connect(database.owner_database)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await connection.execute(statement)

    await connection.close()


async def test_the_backup_role_reads_the_trail_but_writes_nothing(database):
    connection = await asyncpg.connect(database.backup_database)

    await connection.fetch("SELECT * FROM audit_entries")
    # Its rights forbid it, and where `catchup up` made the role, its default does, too.
    with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
        await connection.execute("DELETE FROM contacts")

    await connection.close()
