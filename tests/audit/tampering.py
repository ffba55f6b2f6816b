"""Ways to tamper with a chain that its owner can reach: rows in, other rows out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from server.audit import chain
from server.audit.verify import START, Kind, hashed_fields
from tests.times import MONDAY

CHAIN_ID = UUID(int=77)
Row = dict[str, Any]
Anchors = Mapping[int, frozenset[bytes]]


@dataclass(frozen=True)
class Tampered:
    """What is left of a chain: the first bad row, and the kinds that it may be called."""

    rows: list[Row]
    anchors: Anchors
    sequence: int
    kinds: set[Kind]


def written(
    random: Random, length: int, *, after: Row | None = None, word: str = "did"
) -> list[Row]:
    """Return rows as the server writes them; every third has an address."""
    rows = [after] if after else []
    while len(rows) < length + bool(after):
        previous = rows[-1] if rows else None
        sequence = previous["sequence"] + 1 if previous else 1
        salt, address = (random.randbytes(32), "192.0.2.7") if sequence % 3 == 0 else (None, None)
        row: Row = {
            "id": UUID(int=random.getrandbits(128)),
            "chain_id": CHAIN_ID,
            "sequence": sequence,
            "actor_id": UUID(int=random.getrandbits(128)),
            "action": f"somebody.{word}",
            "subject_kind": "thing",
            "subject_id": UUID(int=random.getrandbits(128)),
            "at": MONDAY + timedelta(seconds=sequence),
            "details": {"count": sequence},
            "commitment": chain.commitment(salt, address) if salt and address else None,
            "previous_hash": previous["hash"] if previous else START.hash,
            "salt": salt,
            "address": address,
        }
        row["hash"] = chain.entry_hash(row["previous_hash"], hashed_fields(row))
        rows.append(row)
    return rows[bool(after) :]


def anchored(rows: list[Row], *sequences: int) -> Anchors:
    """Return what the log holds when these were heads, and the newest one in any case."""
    return {
        row["sequence"]: frozenset({row["hash"]})
        for row in rows
        if row["sequence"] in sequences or row is rows[-1]
    }


def alter(random: Random, rows: list[Row]) -> Tampered:
    row = random.choice(rows)
    changes: list[Row] = [
        {"action": "nobody.did"},
        {"actor_id": None},
        {"subject_kind": None},
        {"subject_id": UUID(int=1)},
        {"at": row["at"] + timedelta(microseconds=1)},
        {"details": {**row["details"], "more": 1}},
        {"hash": _flipped(random, row["hash"])},
        {"previous_hash": _flipped(random, row["previous_hash"])},
        {"commitment": random.randbytes(32)},
    ]
    if row["address"]:
        changes += [{"address": "192.0.2.8"}, {"salt": random.randbytes(32)}, {"commitment": None}]
    return _replaced(rows, row["sequence"], random.choice(changes), {Kind.ALTERED})


def delete(random: Random, rows: list[Row]) -> Tampered:
    gone = random.randrange(len(rows) - 1)
    left = [*rows[:gone], *rows[gone + 1 :]]
    if random.random() < 0.5:  # and hide the gap
        left = _renumbered(left)
    return Tampered(left, anchored(rows), gone + 1, {Kind.MISSING})


def reorder(random: Random, rows: list[Row]) -> Tampered:
    one, other = sorted(random.sample(range(len(rows)), 2))
    moved = [*rows]
    moved[one], moved[other] = moved[other], moved[one]
    return Tampered(_renumbered(moved), anchored(rows), one + 1, {Kind.REORDERED})


def cut_head(random: Random, rows: list[Row]) -> Tampered:
    left = rows[random.randrange(1, len(rows)) :]
    if random.random() < 0.5:
        left = _renumbered(left)
    return Tampered(left, anchored(rows), 1, {Kind.MISSING})


def cut_tail(random: Random, rows: list[Row]) -> Tampered:
    left = rows[: random.randrange(len(rows))]
    return Tampered(left, anchored(rows), len(left) + 1, {Kind.CUT_OFF})


def insert(random: Random, rows: list[Row]) -> Tampered:
    at = random.randrange(len(rows) + 1)
    before = rows[at - 1]["hash"] if at else START.hash
    claims = random.random() < 0.5  # that it follows the one before it
    key_id = rows[0]["hash"][:16]
    false = {
        **random.choice(rows),
        "id": UUID(int=random.getrandbits(128)),
        "action": "somebody.else",
        "previous_hash": before if claims else random.randbytes(48),
        "hash": key_id + random.randbytes(32),
    }
    # After the last one nothing tells an invented row from one whose hash was changed.
    kinds = {Kind.INSERTED} if at < len(rows) else {Kind.INSERTED, Kind.ALTERED}
    return Tampered(_renumbered([*rows[:at], false, *rows[at:]]), anchored(rows), at + 1, kinds)


def replay(random: Random, rows: list[Row]) -> Tampered:
    at = random.randrange(1, len(rows))
    again = {**rows[random.randrange(at)], "id": UUID(int=random.getrandbits(128))}
    kinds = {Kind.INSERTED, Kind.REORDERED}
    return Tampered(_renumbered([*rows[:at], again, *rows[at:]]), anchored(rows), at + 1, kinds)


def fork(random: Random, rows: list[Row]) -> Tampered:
    """A copy of the server went on from an earlier state: all of it is signed, none of it true."""
    kept = random.randrange(1, len(rows))
    heads = random.sample(range(1, len(rows) + 1), 4)
    other = written(random, len(rows) - kept + 3, after=rows[kept - 1], word="forked")
    anchors = anchored(rows, *heads)
    first = min(sequence for sequence in anchors if sequence > kept)
    return Tampered([*rows[:kept], *other], anchors, first, {Kind.FORKED})


def graft(random: Random, rows: list[Row]) -> Tampered:
    """Some rows in the middle come from the copy."""
    kept = random.randrange(1, len(rows) - 2)
    other = written(random, 2, after=rows[kept - 1], word="forked")[1:]
    whole = [*rows[: kept + 1], *other, *rows[kept + 2 :]]
    return Tampered(whole, anchored(rows), kept + 2, {Kind.FORKED})


ATTACKS: tuple[Callable[[Random, list[Row]], Tampered], ...] = (
    alter,
    delete,
    reorder,
    cut_head,
    cut_tail,
    insert,
    replay,
    fork,
    graft,
)


def _replaced(rows: list[Row], sequence: int, change: Row, kinds: set[Kind]) -> Tampered:
    changed = [{**row, **change} if row["sequence"] == sequence else row for row in rows]
    return Tampered(changed, anchored(rows), sequence, kinds)


def _renumbered(rows: list[Row]) -> list[Row]:
    return [{**row, "sequence": number} for number, row in enumerate(rows, 1)]


def _flipped(random: Random, text: bytes) -> bytes:
    at = random.randrange(len(text))
    return text[:at] + bytes([text[at] ^ (1 << random.randrange(8))]) + text[at + 1 :]
