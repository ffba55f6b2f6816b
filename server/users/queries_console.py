"""Whom the box's console acts as: asked before there is a Scope."""

from server import db
from server.db import Row


async def find_oldest_admin() -> Row | None:
    """Return household_id, id and email of the admin who has been there longest."""
    return await db.fetch_row(
        """SELECT household_id, id, email FROM users
            WHERE server_role = 'admin' AND disabled_at IS NULL ORDER BY created_at, id LIMIT 1"""
    )
