"""Every variable as the server read it, and what an upgrade would do; a secret is never shown."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.binding import Binding, BindingType

from tui.screens.asked import Asked, Fetched, page_of
from tui.screens.detail import DetailScreen
from tui.screens.lists import ListScreen
from tui.session import Session
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Fact, Section, fact
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import size, span

if TYPE_CHECKING:
    from server.admin.schemas_overview import OverviewCheckOut
    from server.admin.schemas_settings import SettingOut
    from server.admin.schemas_upgrade import PendingMigrationOut, UpgradeOut

_TONES = {"ok": Tone.GOOD, "warn": Tone.WARN, "fail": Tone.BAD}
_LOCKS = {
    "none": ("nothing waits", Tone.GOOD),
    "writes": ("writes wait", Tone.WARN),
    "all": ("reads and writes wait", Tone.BAD),
}
_ORDERS: "dict[str, Callable[[SettingOut], Any]]" = {
    "name": lambda one: one.name,
    "source": lambda one: (one.source, one.name),
    "group": lambda one: (one.group, one.name),
}
_UPGRADE = "upgrade"
# The look ahead reads migrations and sizes of tables; nobody needs that every few seconds.
_LOOKS_AHEAD_EVERY = timedelta(minutes=1)

# The server tells no secret. Should one slip through, it still does not reach the screen.
_NAMED_SECRET = re.compile(r"(PASSWORD|SECRET|TOKEN|PRIVATE_KEY|API_KEY|ENCRYPTION_KEY\w*)$")
_IN_URL = re.compile(r"(://)[^\s,]*@")
_IN_QUERY = re.compile(r"(?i)([?&;]\w*(?:pass|password|secret|token|key|signature)=)[^&;\s,]*")
_MASK = "********"


class SettingsScreen(ListScreen):
    """Variables, by group; `u` looks ahead of an upgrade."""

    NAME = "settings"
    TITLE = "Settings"
    EMPTY = "No variable fits."
    COLUMNS = (
        Column("Variable", 30, sort="name"),
        Column("Value", 18, grow=2, is_private=True),
        Column("From", 15, grow=1, is_private=True, sort="source"),
        Column("Group", 11, sort="group"),
        Column("Meaning", 30, grow=4, from_width=120),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {
        "group": (),
        "set": ("yes", "no"),
        "secret": ("yes", "no"),
    }
    TEXT_FACET = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("u", "upgrade", "Upgrade")]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._upgrade: UpgradeOut | None = None
        self._looked_ahead_at: datetime | None = None

    async def fetch(self, asked: Asked) -> Fetched:
        """Read all variables, and return a page of those that fit."""
        from tui.calls import settings  # after the first frame

        found = await settings.list_settings(self.connected)
        fits = [one for one in found.items if _fits(one, asked)]
        page, more = page_of(fits, asked, _ORDERS)
        return Fetched([_row(one) for one in page], more)

    async def load(self) -> None:
        """Read the variables, and now and then what an upgrade would do."""
        await super().load()
        now, last = self.session.now(), self._looked_ahead_at
        if last is None or now - last >= _LOOKS_AHEAD_EVERY:
            await self._look_ahead()
            self._show_about()

    async def _look_ahead(self) -> "UpgradeOut":
        from tui.calls import settings

        self._upgrade = await settings.get_upgrade(self.connected)
        self._looked_ahead_at = self.session.now()
        return self._upgrade

    def summary(self) -> Sequence[tuple[str, Tone]]:
        """Say how an upgrade would go."""
        if self._upgrade is None:
            return ()
        tone = _TONES[self._upgrade.status]
        count = len(self._upgrade.pending)
        pending = f"{count} to apply" if count else "nothing to apply"
        return (
            (f"version {self._upgrade.version}", Tone.DIM),
            (f"{MARKS[tone]} upgrade: {pending}", tone),
        )

    async def detail(self, row: Row) -> Detail:
        """Return all about a variable, or what an upgrade would do."""
        if row.id == _UPGRADE:
            return _ahead(await self._look_ahead())
        from tui.calls import settings

        found = await settings.list_settings(self.connected)
        known = _setting(row)
        return _about(next((one for one in found.items if one.name == known.name), known))

    def action_upgrade(self) -> None:
        """Look ahead of an upgrade; it changes nothing."""
        self.app.push_screen(DetailScreen(self, Row(_UPGRADE, ())))

    def plain(self, row: Row) -> object:
        """Return what is exported of a variable, without what may be secret."""
        one = _setting(row)
        return one.model_copy(update={"value": _value(one), "default": _default(one)})


def _setting(row: Row) -> "SettingOut":
    return cast("SettingOut", row.data)


def _is_secret(one: "SettingOut") -> bool:
    return one.is_secret or _NAMED_SECRET.search(one.name) is not None


def _value(one: "SettingOut") -> str | None:
    return None if _is_secret(one) else _masked(one.value)


def _default(one: "SettingOut") -> str | None:
    return None if _is_secret(one) else _masked(one.default)


def _masked(text: str | None) -> str | None:
    if text is None:
        return None
    return _IN_QUERY.sub(rf"\1{_MASK}", _IN_URL.sub(rf"\1{_MASK}@", text))


def _fits(one: "SettingOut", asked: Asked) -> bool:
    group, is_set, hidden = (asked.facet(name) for name in ("group", "set", "secret"))
    # Not in its value: who searches for a secret must not learn that it is there.
    text = f"{one.name} {one.meaning}".casefold()
    return (
        (group is None or one.group.casefold().startswith(group.casefold()))
        and (is_set is None or one.is_set == (is_set == "yes"))
        and (hidden is None or _is_secret(one) == (hidden == "yes"))
        and all(word in text for word in (asked.words or "").casefold().split())
    )


def _said(one: "SettingOut") -> tuple[str, Tone]:
    if _is_secret(one):
        return ("set, never shown", Tone.GOOD) if one.is_set else ("not set", Tone.DIM)
    value = _value(one)
    if value is None:
        return "–", Tone.DIM
    return value, Tone.STRONG if one.is_set else Tone.PLAIN


def _row(one: "SettingOut") -> Row:
    value, tone = _said(one)
    cells = (
        Cell(one.name, Tone.STRONG if one.is_set else Tone.PLAIN),
        Cell(value, tone),
        Cell(one.source, Tone.PLAIN if one.is_set else Tone.DIM),
        Cell(one.group, Tone.DIM),
        Cell(one.meaning, Tone.DIM),
    )
    return Row(one.name, cells, one)


def _about(one: "SettingOut") -> Detail:
    value, tone = _said(one)
    facts = (
        fact("name", one.name),
        fact("value", value, tone, is_private=True),
        fact("from", one.source, is_private=True),
        *(() if _is_secret(one) else (fact("default", _default(one)),)),
        *((fact("unit", one.unit),) if one.unit else ()),
        fact("group", one.group),
        fact("meaning", one.meaning),
    )
    how = fact("how", "In the environment or the env file; then restart the server.")
    return Detail(one.name, (Section("Variable", facts), Section("To change it", (how,))))


def _ahead(upgrade: "UpgradeOut") -> Detail:
    tone = _TONES[upgrade.status]
    back = upgrade.rollback
    sections = [
        Section(
            "Upgrade",
            (
                fact("state", f"{MARKS[tone]} {upgrade.status}", tone),
                fact("version", upgrade.version),
                fact("commit", upgrade.commit),
                fact("to apply", len(upgrade.pending)),
                fact("locks for about", _about_s(upgrade.estimate_s)),
                fact("database", size(upgrade.database_bytes)),
            ),
        ),
        Section("Checks", tuple(_check(one) for one in upgrade.checks)),
        *(Section(f"Migration {one.id}", _migration(one)) for one in upgrade.pending),
        Section(
            "The way back",
            (
                fact("version", back.version),
                fact("newest applied", back.last_migration),
                fact("how", back.sentence),
            ),
        ),
    ]
    return Detail("Before an upgrade", tuple(one for one in sections if one.facts))


def _check(one: "OverviewCheckOut") -> Fact:
    tone = _TONES[one.status]
    fix = f"\n{one.fix}" if one.fix else ""
    return fact(one.name, f"{MARKS[tone]} {one.status}: {one.detail}{fix}", tone)


def _migration(one: "PendingMigrationOut") -> tuple[Fact, ...]:
    waits, tone = _LOCKS[one.lock]
    return (
        fact("what", one.description),
        fact("meanwhile", f"{MARKS[tone]} {waits}, {_about_s(one.estimate_s)}", tone),
        *(
            fact(
                table.table,
                f"{table.rows:,} rows, {size(table.size_bytes)}, {_about_s(table.estimate_s)}",
            )
            for table in one.tables
        ),
    )


def _about_s(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else span(seconds)
