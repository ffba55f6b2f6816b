"""Whether the schema is as this version expects, asked with one statement and without Piccolo.

Most starts find nothing to do; they need not load what makes tables (1 s on a small machine).
"""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

FILES = "m[0-9]*.py"
FOLDER = Path(__file__).parents[1] / "migrations"
_ID = re.compile(r'^ID = "([^"]+)"$', re.MULTILINE)


def known_names(folder: Path = FOLDER) -> set[str]:
    """Return the names of all migrations of this version, as the history knows them."""
    texts = (path.read_text(encoding="utf-8") for path in folder.glob(FILES))
    return {match.group(1) for text in texts for match in [_ID.search(text)] if match}


async def is_current(owner_url: str, *role_urls: str) -> bool:
    """Say whether no migration is missing and the roles may read every table.

    The rights come in one transaction after the last migration, so that one of them proves all.

    Raises:
        OSError, asyncpg.PostgresError: the database cannot be reached.
    """
    owner, *roles = (unquote(urlsplit(url).username or "") for url in (owner_url, *role_urls))
    connection = await asyncpg.connect(owner_url)
    try:
        row = await connection.fetchrow(
            """SELECT (SELECT array_agg(name) FROM migration) AS names,
                (SELECT bool_and(has_table_privilege(role, tables.oid, 'SELECT'))
                    FROM pg_class AS tables, unnest($1::text[]) AS role
                    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace) AS granted""",
            [role for role in roles if role != owner],
        )
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedObjectError):
        return False  # no history yet, or no such role
    finally:
        await connection.close()
    return known_names() <= set(row["names"] or ()) and row["granted"] is not False
