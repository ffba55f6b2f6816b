"""Signing a user out on one of their devices."""

from typing import TYPE_CHECKING

from tui.acts import Act, Outcome
from tui.errors import Refused
from tui.widgets.dialogs import Preview
from tui.widgets.words import ago, instant

if TYPE_CHECKING:
    from server.admin.schemas_users import AdminUserOut, UserSessionOut
    from tui.screens.frame import AdminScreen

NO_WAY_BACK = "What has ended stays ended; they can sign in anew."
TITLE = "End one session"
# As many as the server gives at once.
MOST = 1000


def end_session(screen: "AdminScreen", user: "AdminUserOut") -> Act:
    """Return the act that ends one session of a user, to be chosen from those of now."""
    devices: dict[str, UserSessionOut] = {}

    async def choices() -> list[tuple[str, str]]:
        from tui.calls import users  # after the first frame

        page = await users.list_sessions(screen.connected, user.id, limit=MOST)
        if not page.items:
            raise Refused("They are signed in on no device.", "")
        devices.update((str(one.id), one) for one in page.items)
        now = screen.session.now()
        return [
            (key, f"{ago(one.last_used_at, now)}  {_name(one)}") for key, one in devices.items()
        ]

    async def preview(answers: list[str]) -> Preview:
        one, session = devices[answers[-1]], screen.session
        where = "" if session.hides_private else f"\nfrom {one.address}"
        return Preview(
            title=TITLE if session.hides_private else f"{TITLE}: {user.email}",
            sentence=(
                f"{_name(one)}{where}\nsigned in {instant(one.created_at, session.now())}"
                f"\nlast used {instant(one.last_used_at, session.now())}"
            ),
            touches=(("session ends", 1),),
            way_back=NO_WAY_BACK,
        )

    async def perform(answers: list[str]) -> Outcome:
        from tui.calls import users

        await users.end_session(screen.connected, user.id, devices[answers[-1]].id)
        return Outcome("Done: one session ended.")

    return Act("end-session", TITLE, perform, preview=preview, choices=choices, destroys=True)


def _name(one: "UserSessionOut") -> str:
    return one.user_agent or ("console" if one.is_console else "a device without a name")
