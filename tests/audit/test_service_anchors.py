"""What the log holds of the newest entries, and what goes at the old end."""

import json
from datetime import timedelta

import asyncpg
import pytest

from server import db
from server.audit import anchor_lines, service_anchors, service_verify
from server.audit.verify import Kind
from tests.audit.trail import CHAIN_ID, flaw, intruder, logged, record
from tests.times import MONDAY

LATER = MONDAY + timedelta(days=800)
LONG_AGO = MONDAY + timedelta(days=60)


@pytest.fixture
async def owner(servers, database):
    async with intruder(servers, database) as connection:
        yield connection


async def anchor():
    return await service_anchors.anchor(now=MONDAY)


async def anchors():
    rows = await db.fetch("SELECT sequence, kind FROM audit_anchors ORDER BY sequence, kind")
    return [(row["sequence"], row["kind"]) for row in rows]


async def sequences():
    rows = await db.fetch("SELECT sequence FROM audit_entries ORDER BY sequence")
    return [row["sequence"] for row in rows]


async def prune():
    return await service_anchors.prune(before=LONG_AGO, now=LATER)


async def test_the_head_is_anchored_in_the_table_and_in_the_log(database):
    await record("one", "two")

    with logged() as lines:
        assert await anchor() == []

    (kept,) = anchor_lines.read(map(json.dumps, lines))
    assert (kept.chain_id, kept.sequence) == (CHAIN_ID, 2)
    assert await anchors() == [(2, "head")]


async def test_a_chain_that_has_not_grown_is_not_anchored_again(database):
    await record("one")
    await anchor()

    with logged() as lines:
        await anchor()

    assert lines == []
    assert await anchors() == [(1, "head")]


async def test_each_step_of_a_chain_that_grows_is_anchored(database):
    for _ in range(3):
        await record("one", "two")
        await anchor()

    assert await anchors() == [(2, "head"), (4, "head"), (6, "head")]


@pytest.mark.parametrize(
    ("change", "sequence", "kind"),
    [
        ("DELETE FROM audit_entries WHERE sequence > 2", 3, Kind.CUT_OFF),
        ("DELETE FROM audit_entries", 1, Kind.CUT_OFF),
        ("UPDATE audit_entries SET hash = previous_hash WHERE sequence = 4", 4, Kind.FORKED),
        ("UPDATE audit_anchors SET signature = 'x'; DELETE FROM audit_entries WHERE sequence = 4",
         4, Kind.ALTERED),
    ],
)  # fmt: skip
async def test_a_changed_end_is_found_within_a_minute(owner, change, sequence, kind):
    await record("one", "two", "three", "four")
    await anchor()

    await owner.execute(change)

    (found,) = await anchor()
    assert (found.sequence, found.kind) == (sequence, kind)
    assert await anchors() == [(4, "head")]


async def test_entries_changed_before_they_were_anchored_are_found(owner):
    await record("one", "two")
    await anchor()
    await record("three", "four")

    await owner.execute("UPDATE audit_entries SET action = 'x' WHERE sequence = 3")

    (found,) = await anchor()
    assert (found.sequence, found.kind) == (3, Kind.ALTERED)


async def test_old_entries_go_and_the_rest_is_whole(database):
    await record("one", "two", "three")
    await record("four", "five", now=LATER)

    assert await prune() == 3

    assert await sequences() == [4, 5]
    assert await anchors() == [(3, "pruned")]
    verdict = await service_verify.verify_chain(CHAIN_ID)
    assert (verdict.flaw, verdict.entries, verdict.head) == (None, 2, 5)


async def test_the_trail_goes_on_after_old_entries_went(database):
    await record("one", "two")
    await record("three", now=LATER)
    await prune()

    await record("four", now=LATER)

    assert await sequences() == [3, 4]
    assert await flaw() is None


async def test_pruning_twice_changes_nothing(database):
    await record("one", "two")
    await record("three", now=LATER)
    await prune()

    assert await prune() == 0
    assert await anchors() == [(2, "pruned")]


async def test_the_newest_entry_of_a_chain_stays_without_what_is_personal(database):
    await record("one", "two", address="192.0.2.1")

    assert await prune() == 1

    assert await sequences() == [2]
    assert await db.fetch("SELECT * FROM audit_personal") == []
    assert await flaw() is None


async def test_an_old_entry_behind_a_young_one_waits_for_it(database):
    await record("one")
    await record("two", now=LATER)
    await record("three")
    await record("four", now=LATER)

    assert await prune() == 1
    assert await sequences() == [2, 3, 4]


async def test_many_go_in_batches_and_leave_one_checkpoint(database, monkeypatch):
    monkeypatch.setattr(service_anchors, "BATCH", 3)
    await record(*(["one"] * 7))
    await anchor()
    await record("last", now=LATER)

    assert await prune() == 7

    assert await anchors() == [(7, "pruned")]
    assert await flaw() is None


async def test_a_chain_that_is_not_whole_keeps_everything(owner):
    await record("one", "two", "three")
    await record("four", now=LATER)
    await owner.execute("UPDATE audit_entries SET action = 'x' WHERE sequence = 2")

    assert await prune() == 0

    assert await sequences() == [1, 2, 3, 4]
    assert (await flaw()).sequence == 2


async def test_more_that_goes_at_the_old_end_is_found(owner):
    await record("one", "two", "three")
    await record("four", "five", now=LATER)
    await prune()

    await owner.execute("DELETE FROM audit_entries WHERE sequence = 4")

    assert ((await flaw()).sequence, (await flaw()).kind) == (4, Kind.MISSING)


async def test_a_checkpoint_that_nobody_signed_hides_no_deletion(owner):
    await record("one", "two", "three")
    await owner.execute(
        """INSERT INTO audit_anchors (id, chain_id, sequence, hash, kind, signature, at)
            SELECT id, chain_id, sequence, hash, 'pruned', hash, at FROM audit_entries
            WHERE sequence = 1;
        DELETE FROM audit_entries WHERE sequence = 1"""
    )

    assert (await flaw()).kind is Kind.ALTERED


async def test_the_application_prunes_nothing_that_is_not_signed_as_pruned(database):
    await record("one", "two", "three")

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await db.fetch_value("SELECT audit_prune($1, 2)", CHAIN_ID)


async def test_the_application_prunes_nothing_young(database):
    now = await db.fetch_value("SELECT now()")
    await record("one", "two", now=now)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await service_anchors.prune(before=now + timedelta(days=1), now=now)

    assert await sequences() == [1, 2]


@pytest.mark.parametrize("table", ["audit_entries", "audit_anchors"])
async def test_the_application_cannot_open_the_way_for_deleting_by_itself(database, table):
    await record("one")
    await anchor()

    async def delete():
        async with db.transaction():
            await db.execute("SET LOCAL catchup.audit_prunes = 'on'")
            await db.execute(f"DELETE FROM {table}")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await delete()


async def test_not_even_the_owner_changes_an_anchor_by_mistake(database):
    await record("one")
    await anchor()
    connection = await asyncpg.connect(database.owner_database)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await connection.execute("UPDATE audit_anchors SET sequence = 9")

    await connection.close()


async def test_heads_are_what_a_backup_takes_along(member, stranger):
    found = await service_anchors.heads()

    expected = {member.scope.household_id, stranger.scope.household_id}
    assert {head.chain_id for head in found} == expected
    assert [verdict.flaw for verdict in await service_verify.verify(found)] == [None, None]
