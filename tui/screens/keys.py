"""The ring of keys, and their rotations: jobs of the server, which this screen only watches."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast
from uuid import UUID

from textual.binding import Binding, BindingType

from tui.acts import Act, Outcome, Progress
from tui.connect.access import Question
from tui.screens.asked import Asked, Fetched
from tui.screens.lists import ListScreen
from tui.session import Session
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Section, fact
from tui.widgets.dialogs import Preview
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import ago, instant

if TYPE_CHECKING:
    from server.admin.schemas_keys import KeyOut, RotationOut

_TONES = {
    "readable": Tone.BUSY,
    "active": Tone.GOOD,
    "retiring": Tone.WARN,
    "retired": Tone.DIM,
    "revoked": Tone.BAD,
}
_ROTATED = ("data", "index", "jwt", "audit", "mac")
MASTER = "catchup keys rotate master"
_MOST_KEYS = 1000


class KeysScreen(ListScreen):
    """Keys, oldest first, and above them what is being rotated."""

    NAME = "keys"
    TITLE = "Keys"
    EMPTY = "No key fits."
    COLUMNS = (
        Column("State", 11),
        Column("Purpose", 8),
        Column("Class", 15, grow=1),
        Column("Version", 7, is_right=True),
        Column("Age", 11, sort="oldest"),
        Column("Archive", 8),
        Column("Household", 36, from_width=100),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {
        "purpose": ("master", *_ROTATED),
        "state": tuple(_TONES),
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "act('rotate')", "Rotate"),
        Binding("w", "act('watch')", "Watch"),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.rotations: list[RotationOut] = []

    async def load(self) -> None:
        """Read the rotations and the keys in view again."""
        from tui.calls import keys  # after the first frame

        self.rotations = await keys.list_rotations(self.connected)
        await super().load()

    def summary(self) -> Sequence[tuple[str, Tone]]:
        """Say what is being rotated."""
        return [
            (f"{MARKS[Tone.BUSY]} {_named(one)} {one.share:.0%} {one.state}", Tone.BUSY)
            for one in self._open_ones()
        ]

    async def fetch(self, asked: Asked) -> Fetched:
        """Read a page of keys."""
        from tui.calls import keys

        page = await keys.list_keys(
            self.connected,
            purpose=asked.facet("purpose"),
            state=asked.facet("state"),
            sort=asked.sort,
            limit=asked.limit,
            cursor=asked.cursor,
        )
        now = self.session.now()
        return Fetched([_row(key, now) for key in page.items], page.next_cursor)

    async def detail(self, row: Row) -> Detail:
        """Say all about a key and the rotations of its purpose."""
        from tui.calls import keys

        self.rotations = await keys.list_rotations(self.connected)
        shown = _key(row)
        page = await keys.list_keys(self.connected, purpose=shown.purpose, limit=_MOST_KEYS)
        key = next((one for one in page.items if one.id == shown.id), shown)
        return _detail(key, self.rotations, self.session.now())

    def acts(self) -> Sequence[Act]:
        """Rotate, watch, and retire or revoke the key of the row."""
        acts = [self._rotate(self._key_purpose(), name="rotate")] if self._key_purpose() else []
        acts += [self._rotate(one) for one in _ROTATED if one != self._key_purpose()]
        acts.append(Act("master", "Rotate the master key", _say_master, writes=False))
        if running := self._open_ones():
            watch = partial(self._watched, running[-1])
            acts.append(Act("watch", "Watch the rotation", watch, writes=False))
        if self.row is not None:
            acts += self._acts_on(_key(self.row))
        return acts

    def _key_purpose(self) -> str:
        purpose = _key(self.row).purpose if self.row is not None else ""
        return purpose if purpose in _ROTATED else ""

    def _open_ones(self) -> "list[RotationOut]":
        return [one for one in self.rotations if one.state != "done"]

    def _rotate(self, purpose: str, *, name: str = "") -> Act:
        async def preview(answers: list[str]) -> Preview:
            from tui.calls import keys

            page = await keys.list_keys(
                self.connected, purpose=purpose, state="active", limit=_MOST_KEYS
            )
            wanted = answers[0].strip() if answers else ""
            touched = [key for key in page.items if wanted in ("", key.data_class)]
            more = " or more" if page.next_cursor else ""
            return Preview(
                title=f"Rotate {purpose} keys",
                sentence="New keys take over, and what the old ones made is written anew where it"
                " must be. It goes on by itself on the server; nobody is signed out.",
                touches=((f"active {purpose} keys{more}", len(touched)),),
                name=purpose,
                way_back="A rotation is not undone; another one can follow.",
            )

        async def perform(answers: list[str]) -> Outcome:
            from tui.calls import keys

            wanted = answers[0].strip() if answers else ""
            begun = await keys.rotate_keys(self.connected, purpose, wanted or None)
            return await self._watched(begun, [])

        questions = (Question("Class", is_secret=False, hint="empty: every class"),)
        return Act(
            name or f"rotate-{purpose}",
            f"Rotate {purpose} keys",
            perform,
            preview=preview,
            questions=questions if purpose == "data" else (),
            destroys=True,
        )

    async def _watched(self, rotation: "RotationOut", _: list[str]) -> Outcome:
        return Outcome(
            f"The rotation of {_named(rotation)} keys is {rotation.state}.",
            watch=partial(self._progress, rotation.id),
        )

    async def _progress(self, rotation_id: UUID) -> Progress:
        from tui.calls import keys

        self.rotations = await keys.list_rotations(self.connected)
        for one in self.rotations:
            if one.id == rotation_id:
                return Progress(one.share, _said(one), is_done=one.state == "done")
        return Progress(1.0, "The server does not list it any more.", is_done=True)

    def _acts_on(self, key: "KeyOut") -> list[Act]:
        what = f"{key.purpose} {key.key_version}"

        async def retire(_: list[str]) -> Outcome:
            from tui.calls import keys

            done = await keys.retire_key(self.connected, key.id)
            return Outcome(f"The key {what} is {done.state}.")

        async def revoke(_: list[str]) -> Outcome:
            from tui.calls import keys

            done = await keys.revoke_key(self.connected, key.id)
            return Outcome(f"The key {what} is {done.state}.")

        async def before_retire(_: list[str]) -> Preview:
            return Preview(
                title="Retire the key",
                sentence=f"The key {what} is not read any more. The server counts first, and"
                " refuses while anything needs it.",
                touches=((f"{key.purpose} key", 1),),
                name=what,
                way_back="A retired key does not come back.",
            )

        async def before_revoke(_: list[str]) -> Preview:
            return Preview(
                title="Revoke the key",
                sentence=f"Tokens signed by {what} are refused everywhere within 5 s. Clients get"
                " new ones by their refresh token; nobody is signed out.",
                touches=(("signing key", 1),),
                name=what,
                way_back="A revoked key does not come back.",
            )

        acts = []
        if key.state == "retiring":
            acts.append(Act("retire", "Retire", retire, preview=before_retire, destroys=True))
        if key.purpose == "jwt" and key.state in {"readable", "active", "retiring"}:
            acts.append(Act("revoke", "Revoke", revoke, preview=before_revoke, destroys=True))
        return acts


async def _say_master(_: list[str]) -> Outcome:
    return Outcome(f"The master key is rotated on the box itself: {MASTER}")


def _key(row: Row) -> "KeyOut":
    return cast("KeyOut", row.data)


def _named(rotation: "RotationOut") -> str:
    return f"{rotation.purpose} {rotation.data_class or ''}".strip()


def _said(rotation: "RotationOut") -> str:
    left = f", {rotation.unreadable:,} do not open" if rotation.unreadable else ""
    return f"{rotation.state}: {rotation.values_done:,} of {rotation.values_total:,} values{left}"


def _row(key: "KeyOut", now: datetime) -> Row:
    tone = _TONES[key.state]
    cells = (
        Cell(f"{MARKS[tone]} {key.state}", tone),
        Cell(key.purpose),
        Cell(key.data_class or "", Tone.DIM),
        Cell(str(key.key_version)),
        Cell(ago(key.created_at, now), Tone.DIM),
        Cell("needed" if key.is_archived else "", Tone.WARN),
        Cell(str(key.household_id or "server"), Tone.DIM),
    )
    return Row(str(key.id), cells, key)


def _detail(key: "KeyOut", rotations: "Sequence[RotationOut]", now: datetime) -> Detail:
    facts = (
        fact("state", key.state, _TONES[key.state]),
        fact("id", key.id),
        fact("class", key.data_class),
        fact("household", key.household_id or "the server's own"),
        fact("created", instant(key.created_at, now)),
        fact("retiring", instant(key.retiring_at, now)),
        fact("needed until", instant(key.needed_until, now)),
        fact("retired", instant(key.retired_at, now)),
        fact("archive", "a kept one needs it" if key.is_archived else "none needs it"),
    )
    sections = [Section("Key", facts)]
    if key.purpose == "master":
        sections.append(Section("Rotation", (fact("on the box", MASTER),)))
    told = tuple(
        fact(
            f"{_named(one)} {one.share:.0%}",
            f"{_said(one)}, begun {instant(one.started_at, now)}",
            Tone.DIM if one.state == "done" else Tone.BUSY,
        )
        for one in reversed(rotations)
        if one.purpose == key.purpose
    )
    if told:
        sections.append(Section("Rotations", told))
    return Detail(f"{key.purpose} key {key.key_version}", tuple(sections))
