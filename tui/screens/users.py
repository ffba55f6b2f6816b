"""Who is on the server, what is theirs (counted), and what can be done to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from tui.acts import Act
from tui.screens.asked import Asked, Fetched
from tui.screens.lists import ListScreen
from tui.screens.users_acts import acts_on, invite
from tui.session import Session
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Section, fact
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import ago, instant

if TYPE_CHECKING:
    from server.admin.schemas_silence import SilenceOut
    from server.admin.schemas_users import AdminUserDetailOut, AdminUserOut, UserSessionPage

_TONES = {"active": Tone.GOOD, "disabled": Tone.WARN, "closed": Tone.BAD}


class UsersScreen(ListScreen):
    """Users, the newest first."""

    NAME = "users"
    TITLE = "Users"
    EMPTY = "No user fits."
    COLUMNS = (
        Column("State", 10),
        Column("E-mail", 20, grow=2, sort="email", is_private=True),
        Column("Name", 12, grow=1, sort="name", is_private=True),
        Column("Role", 6),
        Column("2nd", 3),
        Column("Seen", 10),
        Column("Dev.", 4, is_right=True),
        Column("Created", 10, from_width=100, sort="newest"),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {
        "role": ("admin", "member"),
        "state": tuple(_TONES),
    }
    TEXT_FACET = True
    USUAL = "newest"
    ONE_WAY = ("email", "name")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+d", "act('disable')", "Disable"),
        Binding("ctrl+b", "act('enable')", "Enable", show=False),
        Binding("ctrl+k", "act('end-sessions')", "End sessions", show=False),
    ]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._seen: AdminUserOut | None = None
        """Newer than the list: the user whose detail is shown."""

    async def fetch(self, asked: Asked) -> Fetched:
        """Read a page of users."""
        from tui.calls import users  # after the first frame

        page = await users.list_users(
            self.connected,
            q=asked.words,
            role=asked.facet("role"),
            state=asked.facet("state"),
            sort=asked.sort,
            limit=asked.limit,
            cursor=asked.cursor,
        )
        self._seen = None
        now = self.session.now()
        return Fetched([_row(user, now) for user in page.items], page.next_cursor)

    async def detail(self, row: Row) -> Detail:
        """Read a user, their devices, and why they got nothing."""
        from tui.calls import users

        user_id = _user(row).id
        user = await users.get_user(self.connected, user_id)
        self._seen = user
        sessions = await users.list_sessions(self.connected, user_id)
        silence = await users.why_silent(self.connected, user_id)
        return _detail(user, sessions, silence, self.session.now())

    def acts(self) -> Sequence[Act]:
        """Return what can be done to the user under the cursor."""
        if (row := self.row) is None:
            return (invite(self),)
        user = _user(row)
        if self._seen is not None and self._seen.id == user.id:
            user = self._seen
        return (*acts_on(self, user), invite(self))


def _user(row: Row) -> "AdminUserOut":
    return cast("AdminUserOut", row.data)


def _row(user: "AdminUserOut", now: datetime) -> Row:
    tone = _TONES[user.state]
    cells = (
        Cell(f"{MARKS[tone]} {user.state}", tone),
        Cell(user.email),
        Cell(user.name),
        Cell(user.server_role, Tone.STRONG if user.server_role == "admin" else Tone.DIM),
        Cell("yes" if user.has_mfa else "no", Tone.PLAIN if user.has_mfa else Tone.DIM),
        Cell(ago(user.last_seen_at, now) if user.last_seen_at else "–", Tone.DIM),
        Cell(str(user.sessions)),
        Cell(ago(user.created_at, now), Tone.DIM),
    )
    return Row(str(user.id), cells, user)


def _detail(
    user: "AdminUserDetailOut", sessions: "UserSessionPage", silence: "SilenceOut", now: datetime
) -> Detail:
    sections = (
        Section(
            "User",
            (
                fact("state", user.state, _TONES[user.state]),
                fact("e-mail", user.email, is_private=True),
                fact("name", user.name, is_private=True),
                fact("id", user.id),
                fact("role", f"{user.server_role}, {user.household_role} of the household"),
                fact("household", user.household_name, is_private=True),
                fact("housemates", user.housemates),
                fact("zone, language", f"{user.zone}, {user.language}"),
                fact("created", instant(user.created_at, now)),
                fact("disabled", instant(user.disabled_at, now)),
                fact("erased from", instant(user.erased_from, now)),
            ),
        ),
        Section(
            "Signing in",
            (
                fact("last seen", instant(user.last_seen_at, now)),
                fact("signed in", instant(user.last_sign_in_at, now)),
                fact("password of", instant(user.password_changed_at, now)),
                fact("second factor", "yes" if user.has_mfa else "no"),
                fact("recovery codes", user.recovery_codes_left),
                fact("API tokens", user.api_tokens),
                fact("open invitations", user.open_invitations),
            ),
        ),
        Section(
            f"Devices ({user.sessions})",
            tuple(
                part
                for one in sessions.items
                for part in (
                    fact("console" if one.is_console else "device", one.user_agent),
                    fact("from", one.address, is_private=True),
                    fact("used", instant(one.last_used_at, now)),
                )
            ),
        ),
        Section(
            "Why silent",
            tuple(
                fact(one.code, f"{instant(one.at, now)} {one.sentence}" if one.at else one.sentence)
                for one in silence.reasons
            ),
        ),
        Section(
            "Channels",
            tuple(
                fact(
                    one.channel,
                    ("wanted" if one.is_wanted else "not wanted")
                    + (", verified" if one.is_verified else ", not verified")
                    + (f", STOP {instant(one.stopped_at, now)}" if one.stopped_at else ""),
                    Tone.WARN if one.stopped_at else Tone.PLAIN,
                )
                for one in user.channels
            ),
        ),
        Section("Theirs", tuple(fact(name, f"{count:,}") for name, count in user.rows.items())),
    )
    return Detail("User", tuple(one for one in sections if one.facts))
