"""Databases of the run: cloned from a template, emptied, dropped."""

import asyncio

import asyncpg

from tests.servers import Servers, database_url


async def clone(servers: Servers, template: str, name: str) -> None:
    """Make the database `name`, as `template` is."""
    await on_server(
        servers,
        f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy OWNER catchup_owner",
    )


class SharedDatabase:
    """A database that tests use one after the other, each as it was at first.

    Its one connection of the superuser lasts, in a loop of its own: a new one would have to learn
    every table anew, and each test waits for that.
    """

    def __init__(self, servers: Servers, name: str) -> None:
        self.name = name
        self._url = database_url(servers.superuser_url, name)
        self._loop = asyncio.new_event_loop()
        self._connection: asyncpg.Connection | None = None
        self._keys: list[asyncpg.Record] = []

    def keep_keys(self) -> None:
        """Let each test find the server's keys that are there now."""
        self._keys = self._loop.run_until_complete(self._read_keys())

    def restore(self) -> None:
        """Delete every row but those of the server's keys, and close what others left open."""
        try:
            self._loop.run_until_complete(self._restore())
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError):
            self._connection = None  # a test cut off whoever was connected
            self._loop.run_until_complete(self._restore())

    def close(self) -> None:
        if self._connection is not None and not self._connection.is_closed():
            self._loop.run_until_complete(self._connection.close())
        self._loop.close()

    async def _restore(self) -> None:
        connection = await self._connected()
        await connection.execute("SELECT pg_temp.empty()")
        if self._keys:
            await connection.copy_records_to_table(
                "key_ring", records=self._keys, columns=list(self._keys[0].keys())
            )

    async def _read_keys(self) -> list[asyncpg.Record]:
        connection = await self._connected()
        return list(await connection.fetch("SELECT * FROM key_ring"))

    async def _connected(self) -> asyncpg.Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(self._url)
            await self._connection.execute(_EMPTY)
        return self._connection


# A replica's role skips triggers, keys and the append-only guard. In a function of static
# statements, which are planned once; `migration` says what the schema is.
_EMPTY = """
SET session_replication_role = replica;
DO $$ DECLARE deletes text; BEGIN
    SELECT string_agg(format('DELETE FROM %I;', tablename), ' ') FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'migration' INTO deletes;
    EXECUTE format('CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS %L',
        'BEGIN
            PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid();'
        || deletes || ' END');
END $$"""


async def on_server(servers: Servers, *statements: str) -> None:
    """Run statements of the superuser outside every transaction: they make and drop databases."""
    connection = await asyncpg.connect(servers.superuser_url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
