"""Databases of the run: cloned from a template, emptied, dropped."""

import asyncpg

from tests.servers import Servers, database_url


async def clone(servers: Servers, template: str, name: str) -> None:
    """Make the database `name`, as `template` is."""
    await on_server(
        servers,
        f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy OWNER catchup_owner",
    )


async def empty(servers: Servers, name: str) -> None:
    """Delete every row; a replica's role skips triggers, keys and the append-only guard."""
    connection = await asyncpg.connect(database_url(servers.superuser_url, name))
    try:
        await connection.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid();
            SET session_replication_role = replica;
            DO $$ DECLARE name text; BEGIN
                FOR name IN SELECT tablename FROM pg_tables
                        WHERE schemaname = 'public' AND tablename <> 'migration' LOOP
                    EXECUTE format('DELETE FROM %I', name);
                END LOOP;
            END $$"""
        )
    finally:
        await connection.close()


async def on_server(servers: Servers, *statements: str) -> None:
    """Run statements of the superuser outside every transaction: they make and drop databases."""
    connection = await asyncpg.connect(servers.superuser_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
