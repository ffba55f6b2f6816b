"""Statements that count who is in a user's circles."""

from server import db
from server.contacts.queries import VISIBLE
from server.lib.scope import Scope


async def count_circles(scope: Scope, *, circle: str | None = None) -> dict[str, int]:
    """Return how many contacts each of the user's circles has, or one of them; empty ones miss.

    Archived contacts do not count, nor those that the user does not see any more.
    """
    rows = await db.fetch(
        f"""SELECT s.circle, count(*) AS people
            FROM contact_settings s JOIN contacts c ON c.id = s.contact_id
            WHERE s.user_id = $2 AND s.circle IS NOT NULL AND s.archived_at IS NULL AND {VISIBLE}
                AND ($3::text IS NULL OR s.circle = $3)
            GROUP BY s.circle""",
        scope.household_id,
        scope.user_id,
        circle,
    )
    return {row["circle"]: row["people"] for row in rows}
