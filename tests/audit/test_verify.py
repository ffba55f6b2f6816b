from random import Random
from uuid import UUID

import pytest

from server.audit import chain, verify
from server.audit.verify import Kind, Place, Walk
from tests.audit.tampering import ATTACKS, CHAIN_ID, anchored, written

KEY_ID = UUID(int=1)
TRIALS = 1000


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    chain.use_keys({KEY_ID: bytes(32)}, KEY_ID)
    monkeypatch.setattr(verify, "REACH", 20)


@pytest.fixture
def rows():
    return written(Random(1), 12)


def flaw_of(rows, anchors=None, start=None):
    walk = Walk(CHAIN_ID, anchors or {}, start) if start else Walk(CHAIN_ID, anchors or {})
    return walk.take(rows) or walk.end()


def verdict(rows, anchors=None, start=None):
    flaw = flaw_of(rows, anchors, start)
    return (flaw.sequence, flaw.kind) if flaw else None


def test_what_was_written_is_whole(rows):
    assert verdict(rows, anchored(rows, 3, 7)) is None


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_tampering_is_found_at_its_first_bad_row(attack):
    """1,000 random trials over all attacks; none of the untouched chains is called bad."""
    wrong = []
    for seed in range(-(-TRIALS // len(ATTACKS))):
        random = Random(seed)
        rows = written(random, random.randrange(5, 14))
        tampered = attack(random, rows)
        flaw = flaw_of(tampered.rows, tampered.anchors)
        if flaw is None or flaw.sequence != tampered.sequence or flaw.kind not in tampered.kinds:
            wrong.append((seed, tampered.sequence, tampered.kinds, flaw))
        if flaw_of(rows, anchored(rows)):
            wrong.append((seed, "untouched", set(), None))

    assert not wrong


def test_page_by_page_finds_the_same(rows):
    walk = Walk(CHAIN_ID, anchored(rows))
    altered = [*rows[:7], {**rows[7], "action": "x"}, *rows[8:]]

    assert walk.take(altered[:5]) is None
    flaw = walk.take(altered[5:])
    assert flaw
    assert (flaw.sequence, flaw.kind) == (8, Kind.ALTERED)
    assert walk.place.sequence == 7


def test_two_rows_of_one_number_are_a_fork_when_both_are_signed(rows):
    other = written(Random(2), 1, after=rows[4], word="forked")

    assert verdict([*rows[:6], *other, *rows[6:]]) == (6, Kind.FORKED)


def test_two_rows_of_one_number_are_an_insertion_when_one_is_not_signed(rows):
    false = {**rows[5], "action": "x"}

    assert verdict([*rows[:6], false, *rows[6:]]) == (6, Kind.INSERTED)


def test_an_erased_address_leaves_a_chain_whole(rows):
    erased = [{**row, "address": None, "salt": None} for row in rows]

    assert verdict(erased) is None


def test_a_salt_without_a_commitment_is_no_entry_of_ours(rows):
    assert rows[0]["commitment"] is None

    assert verdict([{**rows[0], "salt": b"s", "address": "192.0.2.1"}, *rows[1:]]) == (
        1,
        Kind.ALTERED,
    )


def test_an_address_from_before_commitments_is_let_be(rows):
    assert verdict([{**rows[0], "address": "192.0.2.1"}, *rows[1:]]) is None


def test_a_pruned_chain_goes_on_from_where_it_was_pruned(rows):
    place = Place(4, rows[3]["hash"])

    assert verdict(rows[4:], anchored(rows), place) is None


def test_a_pruned_chain_that_lost_more_is_found(rows):
    place = Place(4, rows[3]["hash"])

    assert verdict(rows[5:], anchored(rows), place) == (5, Kind.MISSING)


def test_a_chain_of_which_nothing_is_left_is_cut_off_at_its_beginning(rows):
    assert verdict([], anchored(rows)) == (1, Kind.CUT_OFF)


def test_without_an_anchor_a_cut_tail_is_not_found(rows):
    """Which is why heads are anchored each minute."""
    assert verdict(rows[:5]) is None


def test_a_flaw_says_what_it_means(rows):
    assert "gone" in flaw_of(rows[1:]).reason
