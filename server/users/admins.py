"""Who looks after the server."""

from datetime import datetime
from typing import Literal

from server.audit import service as audit
from server.db import transaction
from server.errors import Conflict
from server.lib.scope import Scope
from server.users import queries
from server.users import service as users

Role = Literal["admin", "member"]


async def list_admins() -> list[Scope]:
    """Return the scope of each admin: who is told what happens to the server."""
    rows = await queries.list_admins_of_server()
    return [Scope(row["household_id"], row["id"]) for row in rows]


async def set_role(email: str, role: Role, *, now: datetime) -> None:
    """Make somebody an admin or a member, from the box's own command line; seen within 5 s.

    Raises:
        NotFound: nobody has that e-mail. Conflict: `last_admin`: there would be none left.
    """
    scope = await users.find_scope(email)
    async with transaction():
        await queries.lock_registration()
        others = [one for one in await list_admins() if one.user_id != scope.user_id]
        if role == "member" and not others:
            raise Conflict("Make somebody else an admin first.", code="last_admin")
        if await queries.set_server_role(scope, role):
            await audit.record(
                scope.household_id,
                "user.role_changed",
                actor_id=None,
                subject_kind="user",
                subject_id=scope.user_id,
                details={"server_role": role},
                now=now,
            )
