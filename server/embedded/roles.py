"""The database `catchup` and its three roles; what they may do to its tables, migrations say."""

from collections.abc import Mapping

import asyncpg

DATABASE = "catchup"
OWNER, APP, BACKUP = "catchup_owner", "catchup_app", "catchup_backup"
# The other extensions that we use are trusted: the owner creates them, in a migration.
SUPERUSER_EXTENSION = "pg_stat_statements"


async def ensure_roles(connection: asyncpg.Connection, passwords: Mapping[str, str]) -> None:
    """Create the roles and the database that are not there yet.

    `connection` is a superuser's, to any database; `passwords` has one for each role. Safe to
    repeat, and after a kill at any point; the passwords of existing roles stay.
    """
    # Its statistics would keep the text of CREATE ROLE, and so the passwords.
    await connection.execute("SET pg_stat_statements.track_utility = off")
    known = {row[0] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    for role in (OWNER, APP, BACKUP):
        if role not in known:
            create = await connection.fetchval(
                "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', $1::text, $2::text)",
                role,
                passwords[role],
            )
            await connection.execute(create)
    if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
        await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    await connection.execute(
        f"""
        REVOKE CONNECT, TEMPORARY ON DATABASE {DATABASE} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {DATABASE} TO {APP}, {BACKUP};
        GRANT pg_read_all_data TO {BACKUP};
        ALTER ROLE {BACKUP} SET default_transaction_read_only = on;
        """
    )


async def ensure_extension(connection: asyncpg.Connection) -> None:
    """Create the extension that only a superuser may create; `connection` is to `catchup`."""
    await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {SUPERUSER_EXTENSION}")
