"""What PostgreSQL knows of its tables' sizes, and of migrations; of no row."""

from collections.abc import Sequence

from server import db
from server.db import Row


async def list_applied_of_server() -> list[str]:
    """Return the names of the migrations that were applied, oldest first."""
    return [row["name"] for row in await db.fetch("SELECT name FROM migration ORDER BY name")]


async def list_sizes_of_server(tables: Sequence[str]) -> list[Row]:
    """Return table, rows (an estimate) and size_bytes (with indexes) of those that are there."""
    return await db.fetch(
        """SELECT relname AS table, greatest(reltuples, 0)::bigint AS rows,
                pg_total_relation_size(oid) AS size_bytes
            FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND relname = ANY($1::text[]) ORDER BY relname""",
        tables,
    )


async def find_database_bytes() -> int:
    """Return the size of the whole database."""
    return int(await db.fetch_value("SELECT pg_database_size(current_database())"))
