"""Statements on where a user has signed in from."""

from server import db
from server.lib.scope import Scope


async def list_known(scope: Scope, *, user_agent: str, address: str) -> set[bool]:
    """Say of the user's sessions, ended ones too, whether they are of such a device."""
    rows = await db.fetch(
        """SELECT DISTINCT user_agent = $3 OR address = $4 AS is_such FROM sessions
            WHERE household_id = $1 AND user_id = $2""",
        scope.household_id,
        scope.user_id,
        user_agent,
        address,
    )
    return {row["is_such"] for row in rows}
