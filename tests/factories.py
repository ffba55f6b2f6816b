"""Members and clients for tests."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from server import db
from server.lib.clock import utc_now
from server.lib.scope import Scope
from server.users import service as users
from server.users.schemas import LoginIn, RegisterIn, SignedIn
from server.users.sessions import Device

_numbers = count(1)
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Member:
    """A registered user and what a client of theirs holds."""

    scope: Scope
    email: str
    token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


async def make_member(*, zone: str = "Europe/Berlin", **more: Any) -> Member:
    """Register a user with a household of their own, at the real present: tokens expire.

    The server's first is its admin. The session counts as one that has shown a second factor:
    an admin would have no admin rights else.
    """
    data = RegisterIn(
        email=f"member{next(_numbers)}@example.org", password=PASSWORD, zone=zone, **more
    )
    signed_in = await users.register(data, Device(), now=utc_now())
    await db.execute("UPDATE sessions SET mfa_at = now() WHERE user_id = $1", signed_in.user.id)
    return Member(
        Scope(signed_in.user.household_id, signed_in.user.id),
        data.email,
        signed_in.token,
        signed_in.refresh_token,
    )


async def make_admin() -> Member:
    """Register a user who looks after the server, whether the first one or not."""
    admin = await make_member()
    await db.execute("UPDATE users SET server_role = 'admin' WHERE id = $1", admin.scope.user_id)
    return admin


async def make_housemate(member: Member, **more: Any) -> Member:
    """Make a second user in `member`'s household and sign them in."""
    data = RegisterIn(email=f"housemate{next(_numbers)}@example.org", password=PASSWORD, **more)
    now = utc_now()
    await users.create_user(data, household_of=member.email, is_admin=False, now=now)
    signed_in = await users.login(LoginIn(email=data.email, password=PASSWORD), Device(), now=now)
    assert isinstance(signed_in, SignedIn)
    return Member(
        Scope(signed_in.user.household_id, signed_in.user.id),
        data.email,
        signed_in.token,
        signed_in.refresh_token,
    )
