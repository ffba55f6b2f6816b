"""Who did what on this server, and whether the trail is as it was written."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from tui.acts import Act, Outcome
from tui.screens.asked import Asked, Fetched
from tui.screens.detail import DetailScreen
from tui.screens.lists import ListScreen
from tui.session import Session
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Fact, Section, fact
from tui.widgets.filter_line import Filter
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import ago, instant, read_instant, short_id

if TYPE_CHECKING:
    from server.admin.schemas_audit import AuditEntryOut, ChainOut, VerifiedOut

# The row that stands for the last proof, in a detail of its own.
_PROOF = "proof"
_TIMES = ("from", "to")


class AuditScreen(ListScreen):
    """Entries of every chain, newest first."""

    NAME = "audit"
    TITLE = "Audit"
    EMPTY = "No entry fits."
    COLUMNS = (
        Column("When", 10, sort="newest"),
        Column("Action", 22, grow=1),
        Column("By", 8, grow=1),
        Column("On", 12, grow=2),
        Column("Chain", 8),
        Column("No.", 7, is_right=True),
        Column("Address", 15, from_width=100, is_private=True),
        Column("Details", 20, grow=3, from_width=120),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {
        "action": (),
        "actor": (),
        "subject": (),
        "chain": (),
        "from": (),
        "to": (),
    }
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "act('verify')", "Verify")]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._proof: VerifiedOut | None = None
        self._proven_at: datetime | None = None

    async def fetch(self, asked: Asked) -> Fetched:
        """Read a page of entries."""
        from tui.calls import audit  # after the first frame

        now = self.session.now()
        since, until = (
            read_instant(text, now) if (text := asked.facet(name)) else None for name in _TIMES
        )
        page = await audit.list_entries(
            self.connected,
            action=asked.facet("action"),
            actor=asked.facet("actor"),
            subject=asked.facet("subject"),
            chain=asked.facet("chain"),
            since=since,
            until=until,
            sort=asked.sort,
            limit=asked.limit,
            cursor=asked.cursor,
        )
        return Fetched([_row(entry, now) for entry in page.items], page.next_cursor)

    def check_filter(self, asked: Filter) -> None:
        """Refuse a time that is none."""
        for name in _TIMES:
            if text := asked.facets.get(name):
                read_instant(text, self.session.now())

    def summary(self) -> Sequence[tuple[str, Tone]]:
        """Say what the last proof found."""
        if self._proof is None or self._proven_at is None:
            return (("○ not verified by you yet", Tone.DIM),)
        when = ago(self._proven_at, self.session.now())
        if self._proof.is_whole:
            return ((f"● as it was written, verified {when}", Tone.GOOD),)
        return ((f"✗ not as it was written, verified {when}", Tone.BAD),)

    async def detail(self, row: Row) -> Detail:
        """Show the whole entry, or what the proof found."""
        if row.id == _PROOF:
            return _proof(cast("VerifiedOut", row.data))
        return _detail(_entry(row), self.session.now())

    def acts(self) -> Sequence[Act]:
        """Verify the trail: it reads, and leaves an entry that it did."""

        async def perform(_: list[str]) -> Outcome:
            from tui.calls import audit

            self.notify("Every chain is walked from its start.", markup=False)
            proof = await audit.verify_trail(self.connected)
            self._proof, self._proven_at = proof, self.session.now()
            if self.is_current:
                self.app.push_screen(DetailScreen(self, Row(_PROOF, (), proof)))
            return Outcome(_verdict(proof))

        return (Act("verify", "Verify the trail", perform, writes=False),)


def _entry(row: Row) -> "AuditEntryOut":
    return cast("AuditEntryOut", row.data)


def _row(entry: "AuditEntryOut", now: datetime) -> Row:
    cells = (
        Cell(ago(entry.at, now), Tone.DIM),
        Cell(entry.action),
        Cell(_short(entry.actor_id)),
        Cell(f"{entry.subject_kind or '–'} {_short(entry.subject_id)}"),
        Cell(_short(entry.chain), Tone.DIM),
        Cell(str(entry.sequence), Tone.DIM),
        Cell(entry.address or "", Tone.DIM),
        Cell(" ".join(f"{one.label}={one.value}" for one in _details(entry)), Tone.DIM),
    )
    return Row(str(entry.id), cells, entry)


def _short(value: object) -> str:
    return short_id(str(value)) if value not in (None, "") else "–"


def _details(entry: "AuditEntryOut") -> tuple[Fact, ...]:
    return tuple(
        fact(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
        for name, value in entry.details.items()
    )


def _detail(entry: "AuditEntryOut", now: datetime) -> Detail:
    sections = (
        Section(
            "Entry",
            (
                fact("action", entry.action),
                fact("at", instant(entry.at, now)),
                fact("by user", entry.actor_id or "nobody signed in, or the console"),
                fact("on", entry.subject_kind),
                fact("its id", entry.subject_id),
                fact("from address", entry.address, is_private=True),
            ),
        ),
        Section("Details", _details(entry)),
        Section(
            "Place in the trail",
            (
                fact("chain", entry.chain),
                fact("number", entry.sequence),
                fact("hash", entry.hash),
                fact("id", entry.id),
            ),
        ),
    )
    return Detail(entry.action, tuple(one for one in sections if one.facts))


def _verdict(proof: "VerifiedOut") -> str:
    walked = f"{proof.chains:,} chains, {proof.entries:,} entries"
    if proof.is_whole:
        return f"The trail is as it was written: {walked}."
    return f"The trail is not as it was written: {walked}."


def _proof(proof: "VerifiedOut") -> Detail:
    tone = Tone.GOOD if proof.is_whole else Tone.BAD
    said = fact("verdict", f"{MARKS[tone]} {_verdict(proof)}", tone)
    more = proof.chains - len(proof.items)
    rest = (fact("and", f"{more:,} more chains, shorter ones"),) if more > 0 else ()
    chains = tuple(_chain(one) for one in proof.items)
    return Detail(
        "Proof of the trail", (Section("Proof", (said,)), Section("Chains", chains + rest))
    )


def _chain(chain: "ChainOut") -> Fact:
    if chain.flaw is None:
        return fact(chain.chain, f"● whole, {chain.entries:,} entries")
    flaw = chain.flaw
    kind = flaw.kind.replace("_", " ")
    return fact(chain.chain, f"✗ {kind} at no. {flaw.sequence}: {flaw.reason}", Tone.BAD)
