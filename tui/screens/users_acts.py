"""What an admin can do to a user: each act is previewed by the server."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Literal

from tui.acts import Act, Outcome
from tui.connect.access import Question
from tui.errors import Refused
from tui.screens.users_devices import NO_WAY_BACK, end_session
from tui.widgets.dialogs import Preview
from tui.widgets.safe_text import shown
from tui.widgets.told_once import ToldOnceDialog

if TYPE_CHECKING:
    from server.admin.schemas_users import AdminUserOut
    from tui.screens.frame import AdminScreen

# Of one, of several.
_WORDS = {
    "sessions_ended": ("session ends", "sessions end"),
    "api_tokens": ("API token", "API tokens"),
    "factors_removed": ("second factor goes", "second factors go"),
    "recovery_codes_removed": ("recovery code goes", "recovery codes go"),
    "role_changed": ("role changes", "roles change"),
    "rows": ("row", "rows"),
    "contacts": ("contact among them", "contacts among them"),
    "shared_handed_over": ("shared thing goes to a housemate", "shared things go to a housemate"),
    "shared_erased": ("shared thing is erased", "shared things are erased"),
}


def acts_on(screen: "AdminScreen", user: "AdminUserOut") -> Iterator[Act]:
    """Yield what can be done to `user` in their state."""
    if user.state == "active":
        way_back = "Enable lets them in again."
        yield _act(screen, user, "disable", "Disable", way_back, is_typed=True)
    if user.state == "disabled":
        yield _act(screen, user, "enable", "Enable", "Disable keeps them out again.")
    role = "member" if user.server_role == "admin" else "admin"
    title = "Make a member" if role == "member" else "Make an admin"
    yield _act(
        screen, user, "role", title, "The role can be changed back.", role=role, body={"role": role}
    )
    if user.state == "active":
        yield _reset_password(screen, user, "mail", "Reset password, mail the link")
        yield _reset_password(screen, user, "link", "Reset password, show the link")
    if user.has_mfa:
        title = "Reset the second factor"
        yield _act(screen, user, "reset-mfa", title, NO_WAY_BACK, is_typed=True)
    yield end_session(screen, user)
    yield _act(screen, user, "end-sessions", "End sessions", NO_WAY_BACK, is_typed=True)
    yield _export(screen, user)
    if user.state == "closed":
        yield _act(screen, user, "restore", "Restore", "Erase closes it again.")
        return
    yield _erase(screen, user, "hand_over", "Erase, hand over what is shared")
    yield _erase(screen, user, "erase", "Erase with what is shared")


def invite(screen: "AdminScreen") -> Act:
    """Return the act that invites somebody."""

    async def perform(answers: list[str]) -> Outcome:
        from tui.calls import users

        made = await users.invite(screen.connected, answers[0].strip() or None)
        told = f"Good once, until {made.expires_at:%Y-%m-%d %H:%M} UTC; it is not told again."
        await screen.app.push_screen_wait(ToldOnceDialog("Invitation", told, made.token))
        return Outcome("The invitation was shown once.")

    question = Question("E-mail", is_secret=False, hint="empty: whoever has the token may come")
    return Act("invite", "Invite into your household", perform, questions=(question,))


def _export(screen: "AdminScreen", user: "AdminUserOut") -> Act:
    title = "Export what is theirs"

    async def preview(_: list[str]) -> Preview:
        way_back = "It cannot be called back: hand the file over, then delete it."
        return await _previewed(screen, user, "export", title, way_back, is_typed=True)

    async def perform(_: list[str]) -> Outcome:
        from tui import files
        from tui.calls import users

        screen.notify("The export is under way.", markup=False)
        try:
            with files.new("export", "zip", now=screen.session.now()) as (path, file):
                await users.export(screen.connected, user.id, user.email, file.write)
        except OSError as error:
            raise Refused(f"Not written: {error.strerror}.", "") from None
        return Outcome(f"Saved to {path} ({path.stat().st_size:,} bytes), for your eyes only.")

    return Act("export", title, perform, preview=preview, destroys=True)


def _erase(screen: "AdminScreen", user: "AdminUserOut", shared: str, title: str) -> Act:
    return _act(
        screen,
        user,
        "erase",
        title,
        "Restore opens the account until the time of grace is over; then nothing does.",
        shared=shared,
        body={"confirm": user.email, "shared": shared},
        is_typed=True,
        suffix=f"-{shared}",
    )


def _act(
    screen: "AdminScreen",
    user: "AdminUserOut",
    name: str,
    title: str,
    way_back: str,
    *,
    role: str | None = None,
    shared: str | None = None,
    body: dict[str, str] | None = None,
    is_typed: bool = False,
    suffix: str = "",
) -> Act:
    async def preview(_: list[str]) -> Preview:
        return await _previewed(
            screen, user, name, title, way_back, role=role, shared=shared, is_typed=is_typed
        )

    async def perform(_: list[str]) -> Outcome:
        from tui.calls import users  # after the first frame

        done = await users.act(screen.connected, user.id, name, body)
        told = ", ".join(f"{count:,} {what}" for what, count in _counted(done.touched))
        return Outcome(f"Done: {title.lower()}" + (f"; {told}." if told else "."))

    destroys = name not in {"enable", "restore"}
    return Act(name + suffix, title, perform, preview=preview, destroys=destroys)


def _reset_password(
    screen: "AdminScreen", user: "AdminUserOut", by: Literal["mail", "link"], title: str
) -> Act:
    async def preview(_: list[str]) -> Preview:
        return await _previewed(
            screen, user, "reset-password", title, "The link ends by itself within an hour."
        )

    async def perform(_: list[str]) -> Outcome:
        from tui.calls import users

        made = await users.reset_password(screen.connected, user.id, by)
        if made.link is None:
            return Outcome("The link is on its way to their address.")
        told = f"Good once, until {made.expires_at:%Y-%m-%d %H:%M} UTC; it is not told again."
        await screen.app.push_screen_wait(ToldOnceDialog(title, told, made.link))
        return Outcome("The link was shown once.")

    return Act(f"reset-password-{by}", title, perform, preview=preview, destroys=True)


async def _previewed(
    screen: "AdminScreen",
    user: "AdminUserOut",
    name: str,
    title: str,
    way_back: str,
    *,
    role: str | None = None,
    shared: str | None = None,
    is_typed: bool = False,
) -> Preview:
    from tui.calls import users

    if is_typed and screen.session.hides_private:
        # The dialog would show the address that is to be typed.
        raise Refused("Names are hidden, and here one is to be typed.", "Press P first.")
    found = await users.preview(screen.connected, user.id, name, role=role, shared=shared)
    if found.code is not None:
        raise Refused(shown(found.sentence), "", found.code)
    return Preview(
        title=title if screen.session.hides_private else f"{title}: {user.email}",
        sentence=found.sentence,
        touches=tuple(_counted(found.touches)),
        name=user.email if is_typed else "",
        way_back=way_back,
    )


def _counted(touches: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    for what, count in touches.items():
        if count:
            unknown = shown(what.replace("_", " "))
            one, several = _WORDS.get(what, (unknown, unknown))
            yield one if count == 1 else several, count
