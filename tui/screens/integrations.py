"""Outside services: how each provider is, and a test through the real path."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.binding import Binding, BindingType

from tui.acts import Act, Outcome
from tui.screens.asked import Asked, Fetched, page_of
from tui.screens.lists import ListScreen
from tui.session import Session
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Fact, Section, fact
from tui.widgets.dialogs import Preview
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import ago, instant

if TYPE_CHECKING:
    from server.admin.schemas_integrations import IntegrationOut, IntegrationTestOut

_TONES = {"ok": Tone.GOOD, "warn": Tone.WARN, "fail": Tone.BAD, "off": Tone.DIM}
_NEVER = datetime.min.replace(tzinfo=UTC)
# What is not well comes first.
_ORDERS: "dict[str, Callable[[IntegrationOut], Any]]" = {
    "status": lambda one: (list(reversed(_TONES)).index(one.status), one.name),
    "name": lambda one: one.name,
    "accepted": lambda one: (one.last_ok_at or _NEVER, one.name),
}
_WHAT = {"sms": "An SMS", "email": "An e-mail"}


@dataclass(frozen=True)
class Found:
    """What a test found, and when."""

    at: datetime
    said: "IntegrationTestOut"


@dataclass(frozen=True)
class Known:
    """A service, and what its last test here found."""

    integration: "IntegrationOut"
    found: Found | None


class IntegrationsScreen(ListScreen):
    """Services; ^T asks a provider, ^N lets a real message leave, too."""

    NAME = "integrations"
    TITLE = "Integrations"
    EMPTY = "No service fits."
    COLUMNS = (
        Column("State", 6, sort="status"),
        Column("Service", 8, sort="name"),
        Column("Provider", 10),
        Column("How it is", 20, grow=3),
        Column("Accepted", 10, sort="accepted"),
        Column("Tested", 17),
        Column("Last error", 26, grow=1, from_width=110),
        Column("Heard of", 10, from_width=110),
    )
    TEXT_FACET = True
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {"status": ("ok", "warn", "off")}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "act('test')", "Test"),
        Binding("ctrl+n", "act('send')", "Send a test"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._found: dict[str, Found] = {}

    async def fetch(self, asked: Asked) -> Fetched:
        """Read all services; no provider is asked by that."""
        from tui.calls import integrations  # after the first frame

        listed = await integrations.list_integrations(self.connected)
        status = asked.facet("status")
        now = self.session.now()
        fits = [
            one
            for one in listed.items
            if (status is None or one.status == status) and _has(one, asked.words)
        ]
        page, more = page_of(fits, asked, _ORDERS)
        return Fetched([_row(Known(one, self._found.get(one.name)), now) for one in page], more)

    async def detail(self, row: Row) -> Detail:
        """Return all about a service, and what its last test found."""
        from tui.calls import integrations

        listed = await integrations.list_integrations(self.connected)
        known = _known(row).integration
        one = next((one for one in listed.items if one.name == known.name), known)
        return _about(Known(one, self._found.get(one.name)), self.session.now())

    def plain(self, row: Row) -> object:
        """Return what is exported of a service: what its last test found, too."""
        known = _known(row)
        return {
            "integration": known.integration,
            "tested_at": known.found.at if known.found else None,
            "test": known.found.said if known.found else None,
        }

    def acts(self) -> Sequence[Act]:
        """Ask the provider; and, for what is set up, let a message leave."""
        row = self.row
        if row is None:
            return ()
        one = _known(row).integration

        async def test(_: list[str]) -> Outcome:
            return await self._try_out(one, send=False)

        async def send(_: list[str]) -> Outcome:
            return await self._try_out(one, send=True)

        async def preview(_: list[str]) -> Preview:
            return Preview(
                title="Send a test",
                sentence=f"{_WHAT[one.name]} leaves for you by {one.provider}, the way that all"
                " messages take; it may cost money.",
                touches=(("real message", 1),),
                way_back="What has left cannot be called back.",
            )

        found = [Act("test", "Test", test)]
        if one.is_configured and one.name in _WHAT:
            found.append(Act("send", "Send a test", send, preview=preview, destroys=True))
        return found

    async def _try_out(self, one: "IntegrationOut", *, send: bool) -> Outcome:
        from tui.calls import integrations

        # It may take half a minute.
        self.notify(f"Asking {one.provider or one.name} …", markup=False)
        said = await integrations.try_integration(self.connected, one.name, send=send)
        self._found[one.name] = Found(self.session.now(), said)
        return Outcome(_outcome(said))


def _outcome(said: "IntegrationTestOut") -> str:
    bad = next((one for one in said.checks if one.status == said.status != "ok"), None)
    sentence = f"{said.name}: {said.status}"
    if bad is not None:
        sentence += f", {bad.detail}"
    left = f" A message is on its way: {said.message_id}." if said.message_id else ""
    return f"{sentence}.{left}"


def _has(one: "IntegrationOut", words: str | None) -> bool:
    text = f"{one.name} {one.provider or ''} {one.sentence}".casefold()
    return all(word in text for word in (words or "").casefold().split())


def _known(row: Row) -> Known:
    return cast("Known", row.data)


def _row(known: Known, now: datetime) -> Row:
    one, found = known.integration, known.found
    tone = _TONES[one.status]
    tested = Cell("not here", Tone.DIM)
    if found is not None:
        mark = MARKS[_TONES[found.said.status]]
        tested = Cell(f"{mark} {found.said.status} {ago(found.at, now)}", _TONES[found.said.status])
    cells = (
        Cell(f"{MARKS[tone]} {one.status}", tone),
        Cell(one.name, Tone.STRONG),
        Cell(one.provider or "none", Tone.PLAIN if one.provider else Tone.DIM),
        Cell(one.sentence, tone if tone is Tone.WARN else Tone.PLAIN),
        Cell(ago(one.last_ok_at, now) if one.last_ok_at else "–", Tone.DIM),
        tested,
        Cell(_last_error(one, now), Tone.DIM),
        Cell(ago(one.last_webhook_at, now) if one.last_webhook_at else "–", Tone.DIM),
    )
    return Row(one.name, cells, known)


def _last_error(one: "IntegrationOut", now: datetime) -> str:
    if one.last_error_at is None:
        return "–"
    return f"{one.last_error_code or 'unknown'}, {ago(one.last_error_at, now)}"


def _about(known: Known, now: datetime) -> Detail:
    one, found = known.integration, known.found
    tone = _TONES[one.status]
    state = (
        fact("state", f"{MARKS[tone]} {one.status}", tone),
        fact("how it is", one.sentence),
        fact("provider", one.provider),
        fact("last accepted", instant(one.last_ok_at, now)),
        fact("last error", instant(one.last_error_at, now)),
        fact("its code", one.last_error_code),
        fact("rests until", instant(one.resting_until, now)),
        fact("last heard of", instant(one.last_webhook_at, now)),
    )
    sections = (
        Section("Service", state),
        Section("Last test from here", _findings(found, now)),
        Section("Set up by (see Settings)", tuple(fact("variable", n) for n in one.variables)),
    )
    return Detail(one.name, tuple(section for section in sections if section.facts))


def _findings(found: Found | None, now: datetime) -> tuple[Fact, ...]:
    if found is None:
        return (fact("when", "Not tested since the dashboard was opened: Ctrl+T."),)
    said = found.said
    tone = _TONES[said.status]
    message = (fact("message sent", said.message_id),) if said.message_id else ()
    return (
        fact("when", instant(found.at, now)),
        fact("found", f"{MARKS[tone]} {said.status}", tone),
        *message,
        *(
            fact(
                check.name,
                f"{MARKS[_TONES[check.status]]} {check.status}: {check.detail}"
                + (f"\n{check.fix}" if check.fix else ""),
                _TONES[check.status],
            )
            for check in said.checks
        ),
    )
