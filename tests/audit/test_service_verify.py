import json
from random import Random

import pytest

from server.audit import service_anchors, service_verify, verify
from server.audit.anchor_lines import sign
from server.audit.verify import Kind
from server.lib.ids import uuid7
from tests.audit import tampering
from tests.audit.trail import CHAIN_ID, flaw, intruder, put, record
from tests.times import MONDAY


@pytest.fixture
async def owner(servers, database, monkeypatch):
    monkeypatch.setattr(verify, "REACH", 20)
    async with intruder(servers, database) as connection:
        yield connection


async def try_all(owner, trials):
    """Tamper with the rows of the database in `trials` ways; return what was not found."""
    wrong = []
    for seed in range(trials):
        random = Random(seed)
        rows = tampering.written(random, random.randrange(5, 14))
        attack = tampering.ATTACKS[seed % len(tampering.ATTACKS)]
        tampered = attack(random, rows)
        anchors = [
            sign(tampering.CHAIN_ID, sequence, hash_)
            for sequence, hashes in tampered.anchors.items()
            for hash_ in hashes
        ]
        await put(owner, tampered.rows)
        (verdict,) = await service_verify.verify(anchors)
        found = verdict.flaw
        if found is None or (found.sequence, found.kind in tampered.kinds) != (
            tampered.sequence,
            True,
        ):
            wrong.append((attack.__name__, seed, tampered.sequence, found))
    return wrong


async def test_sixty_tamperings_are_found_at_their_first_bad_rows(owner):
    assert await try_all(owner, 60) == []


@pytest.mark.drill
async def test_a_thousand_tamperings_are_found_at_their_first_bad_rows(owner):
    assert await try_all(owner, 1000) == []


async def test_every_chain_is_verified(member, stranger):
    found = {verdict.chain_id: verdict for verdict in await service_verify.verify()}

    for one in (member, stranger):
        verdict = found[one.scope.household_id]
        assert (verdict.flaw, verdict.entries, verdict.head) == (None, 2, 2)


async def test_one_bad_chain_says_nothing_of_the_others(owner, member, stranger):
    bad = member.scope.household_id
    await owner.execute("UPDATE audit_entries SET action = 'x' WHERE chain_id = $1", bad)

    found = {verdict.chain_id: verdict.flaw for verdict in await service_verify.verify()}

    assert {chain_id for chain_id, flaw in found.items() if flaw} == {bad}


async def test_a_flaw_behind_the_first_page_is_found(owner, monkeypatch):
    monkeypatch.setattr(service_verify, "PAGE", 3)
    await record(*(["one"] * 10))

    await owner.execute("DELETE FROM audit_entries WHERE sequence = 7")

    found = await flaw()
    assert (found.sequence, found.kind) == (7, Kind.MISSING)


async def test_a_moved_row_at_a_pages_end_is_told_from_a_missing_one(owner, monkeypatch):
    monkeypatch.setattr(service_verify, "PAGE", 3)
    await record(*(["one"] * 5))

    for before, after in ((3, 99), (4, 3), (99, 4)):
        await owner.execute(
            "UPDATE audit_entries SET sequence = $2 WHERE sequence = $1", before, after
        )

    found = await flaw()
    assert (found.sequence, found.kind) == (3, Kind.REORDERED)


async def test_a_tail_that_goes_after_it_was_anchored_is_missed(owner):
    await record("one", "two", "three")
    await service_anchors.anchor(now=MONDAY)

    await owner.execute("DELETE FROM audit_entries WHERE sequence > 1")

    found = await flaw()
    assert (found.sequence, found.kind) == (2, Kind.CUT_OFF)


async def test_a_tail_that_goes_with_its_anchors_is_missed_by_those_of_the_log(owner):
    await record("one", "two", "three")
    kept = await service_anchors.heads()
    await service_anchors.anchor(now=MONDAY)

    await owner.execute("DELETE FROM audit_entries WHERE sequence > 1; DELETE FROM audit_anchors")

    assert await flaw() is None
    (verdict,) = await service_verify.verify(kept)
    assert verdict.flaw
    assert (verdict.flaw.sequence, verdict.flaw.kind) == (2, Kind.CUT_OFF)


async def test_a_chain_that_is_gone_whole_is_missed_by_those_of_the_log(owner):
    await record("one")
    kept = await service_anchors.heads()

    await owner.execute("DELETE FROM audit_entries")

    (verdict,) = await service_verify.verify(kept)
    assert verdict.flaw
    assert (verdict.chain_id, verdict.flaw.sequence) == (CHAIN_ID, 1)


async def test_a_tail_cut_off_and_written_on_is_a_fork(owner):
    await record("one", "two", "three")
    await service_anchors.anchor(now=MONDAY)

    await owner.execute("DELETE FROM audit_entries WHERE sequence > 1")
    await record("four", "five", "six")

    found = await flaw()
    assert (found.sequence, found.kind) == (3, Kind.FORKED)


async def test_an_anchor_that_nobody_signed_is_a_flaw(owner):
    await record("one", "two")
    await service_anchors.anchor(now=MONDAY)

    await owner.execute("UPDATE audit_anchors SET sequence = 1")

    found = await flaw()
    assert (found.sequence, found.kind) == (1, Kind.ALTERED)


async def test_an_entry_of_another_chain_belongs_nowhere_else(owner):
    await record("one", "two")
    other = uuid7()

    await owner.execute("UPDATE audit_entries SET chain_id = $1 WHERE sequence = 1", other)

    assert (await flaw()).kind is Kind.MISSING
    assert (await flaw(other)).kind is Kind.ALTERED


async def test_what_is_found_can_be_told(owner):
    await record("one", "two")
    await owner.execute("UPDATE audit_entries SET details = '{}', action = 'x' WHERE sequence = 1")

    assert json.dumps({"flaw": (await flaw()).kind}) == '{"flaw": "altered"}'
