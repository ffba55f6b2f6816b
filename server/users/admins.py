"""Who looks after the server."""

from server.lib.scope import Scope
from server.users import queries


async def list_admins() -> list[Scope]:
    """Return the scope of each admin: who is told what happens to the server."""
    rows = await queries.list_admins_of_server()
    return [Scope(row["household_id"], row["id"]) for row in rows]
