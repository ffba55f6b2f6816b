"""Columns that nearly every table has, so that each table reads as its own facts only.

References are plain UUIDs here: the foreign keys are composite, `(household_id, id)`, which
Piccolo cannot state; migrations/0002 adds them, and tests/test_schema.py finds a missing one.
"""

from piccolo.columns import UUID, Integer, Timestamptz

from server.lib.ids import uuid7


def primary_id() -> UUID:
    """`id`: UUIDv7 made by the application."""
    return UUID(primary_key=True, default=uuid7)


def reference(*, null: bool = False) -> UUID:
    """The id of a row in another table."""
    return UUID(default=None, null=null)


def instant(*, null: bool = False) -> Timestamptz:
    """An instant, aware UTC."""
    return Timestamptz(default=None, null=null)


def version() -> Integer:
    """Counts the edits of a row: the `ETag` of a single resource."""
    return Integer(default=1)
