"""Walk a chain and say what is wrong with it first (pure but for the keys in use)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from server.audit import chain
from server.db import Row

HASHED = (
    "chain_id",
    "sequence",
    "actor_id",
    "action",
    "subject_kind",
    "subject_id",
    "at",
    "details",
)


class Kind(StrEnum):
    """What became of the entry that should stand there."""

    ALTERED = "altered"
    MISSING = "missing"
    REORDERED = "reordered"
    INSERTED = "inserted"
    FORKED = "forked"
    CUT_OFF = "cut_off"


_REASONS = {
    Kind.ALTERED: "its content or hash is not what was written",
    Kind.MISSING: "it is gone, and entries that came after it are there",
    Kind.REORDERED: "it stands elsewhere",
    Kind.INSERTED: "something stands there that was never written by this server",
    Kind.FORKED: "it is not the entry that the chain went on from, or that was anchored",
    Kind.CUT_OFF: "it was anchored, and is gone with all that came after it",
}


@dataclass(frozen=True, slots=True)
class Place:
    """An entry that was found good; the next one follows it."""

    sequence: int
    hash: bytes


REACH = 1000
"""How far a row may have moved to be called missing or reordered; further on, it is altered."""

START = Place(0, chain.GENESIS)


@dataclass(frozen=True, slots=True)
class Flaw:
    """The first bad row of a chain: `sequence` counts from 1."""

    chain_id: UUID
    sequence: int
    kind: Kind

    @property
    def reason(self) -> str:
        """Say it in a sentence's half."""
        return _REASONS[self.kind]


class Walk:
    """One chain, page by page from its start; `place` is the last entry that was good.

    `anchors` are hashes that the chain had at a sequence, from its own table or from elsewhere.
    """

    def __init__(
        self, chain_id: UUID, anchors: Mapping[int, frozenset[bytes]], start: Place = START
    ) -> None:
        self.chain_id = chain_id
        self.place = start
        self._anchors = anchors

    def take(self, entries: Sequence[Row]) -> Flaw | None:
        """Go on over `entries`, in order by sequence; return the first flaw.

        What kind it is shows best when the entries after it are there, too.
        """
        for index, entry in enumerate(entries):
            if not follows(entry, self.place):
                return self._flaw(*_what(entries[index:], self.place))
            if not self._is_as_anchored(entry):
                return self._flaw(entry["sequence"], Kind.FORKED)
            self.place = Place(entry["sequence"], entry["hash"])
        return None

    def end(self) -> Flaw | None:
        """Say, after the last entry, whether some that were anchored are missing."""
        is_cut = any(sequence > self.place.sequence for sequence in self._anchors)
        return self._flaw(self.place.sequence + 1, Kind.CUT_OFF) if is_cut else None

    def _is_as_anchored(self, entry: Row) -> bool:
        return self._anchors.get(entry["sequence"], {entry["hash"]}) == {entry["hash"]}

    def _flaw(self, sequence: int, kind: Kind) -> Flaw:
        return Flaw(self.chain_id, sequence, kind)


def hashed_fields(entry: Row) -> dict[str, object]:
    """Return what an entry's hash covers besides the entry before it.

    A commitment is covered where there is one: older entries had an address without.
    """
    fields = {name: entry[name] for name in HASHED}
    if entry["commitment"] is not None:
        fields["commitment"] = entry["commitment"]
    return fields


def follows(entry: Row, place: Place) -> bool:
    """Say whether an entry is what was written after `place`."""
    return (
        entry["sequence"] == place.sequence + 1
        and entry["previous_hash"] == place.hash
        and _fits(entry, hashed_fields(entry))
        and _keeps_commitment(entry)
    )


def _fits(entry: Row, fields: Mapping[str, object]) -> bool:
    return chain.is_entry_hash(entry["hash"], entry["previous_hash"], fields)


def _keeps_commitment(entry: Row) -> bool:
    """An erased address is no flaw; one that is there must be the one that was committed to."""
    if entry["commitment"] is None:
        return entry["salt"] is None
    if entry["address"] is None:
        return True
    salt: bytes | None = entry["salt"]
    return salt is not None and entry["commitment"] == chain.commitment(salt, entry["address"])


def _what(rest: Sequence[Row], place: Place) -> tuple[int, Kind]:
    """Name the first bad row and its kind; `rest` begins with the entry that does not follow."""
    first, wanted = rest[0], place.sequence + 1
    is_ours = _fits(first, hashed_fields(first))
    if first["sequence"] < wanted:
        return first["sequence"], Kind.FORKED if is_ours else Kind.INSERTED
    # The entry that was written here names the one before it, wherever it stands now.
    stands_elsewhere = any(entry["previous_hash"] == place.hash for entry in rest[1:])
    if first["sequence"] > wanted:
        is_here = stands_elsewhere or first["previous_hash"] == place.hash
        return wanted, Kind.REORDERED if is_here else Kind.MISSING
    if first["previous_hash"] == place.hash:
        return wanted, Kind.INSERTED if stands_elsewhere and not is_ours else Kind.ALTERED
    if is_ours:
        return wanted, Kind.FORKED
    was_moved = _fits_another_number(first)
    if stands_elsewhere:
        return wanted, Kind.REORDERED if was_moved else Kind.INSERTED
    return wanted, Kind.MISSING if was_moved else Kind.ALTERED


def _fits_another_number(entry: Row) -> bool:
    fields, number = hashed_fields(entry), entry["sequence"]
    return any(
        _fits(entry, {**fields, "sequence": other})
        for other in range(max(1, number - REACH), number + REACH + 1)
    )
