"""The one statement of the page behind a mail's way out."""

from uuid import UUID

from server import db
from server.db import Row


async def find_user(user_id: UUID) -> Row | None:
    """Return household and language of a user, before anyone is known: a token names them."""
    return await db.fetch_row("SELECT household_id, language FROM users WHERE id = $1", user_id)
