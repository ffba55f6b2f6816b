"""PostgreSQL: the pool, transactions and statements, over Piccolo's engine (ADR 0003).

Statements take `$1` placeholders. Inside `transaction()` they run on its connection, outside
on one from the pool. Never fan out (`gather`, `create_task`) inside a transaction: its
connection is in a context variable and can do one thing at a time.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import asyncpg
import structlog
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

import piccolo_conf
from server.config import Settings

ACQUIRE_TIMEOUT_S = 10
COMMAND_TIMEOUT_S = 60

log = structlog.get_logger()

Row = Mapping[str, Any]
"""One row, by column name."""

Step = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class _Transaction:
    """What runs in this context: Piccolo's statements find its connection, too."""

    connection: asyncpg.Connection
    after_commit: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PoolState:
    """Connections that are open, idle and allowed, and how many callers wait for one."""

    size: int
    idle: int
    most: int
    waiting: int


class _Queue:
    """Who waits for a connection; asyncpg does not say."""

    waiting = 0


_queue = _Queue()


def engine() -> PostgresEngine:
    """Return the one Piccolo engine of this process."""
    return piccolo_conf.DB


@asynccontextmanager
async def pool(settings: Settings, *, max_size: int | None = None) -> AsyncIterator[None]:
    """Open the connection pool for the time of the block."""
    db = engine()
    db.config = {"dsn": settings.database}
    limit = max_size or settings.database_pool_max
    await db.start_connection_pool(
        min_size=min(settings.database_pool_min, limit),
        max_size=limit,
        command_timeout=COMMAND_TIMEOUT_S,
        init=_prepare_logged if settings.database_log_queries else _prepare,
        reset=_roll_back,
        # Behind PgBouncer in transaction mode a prepared statement belongs to another server.
        statement_cache_size=0 if settings.direct_database != settings.database else 1024,
        server_settings={"application_name": "catchup", "jit": "off"},
    )
    try:
        yield
    finally:
        await db.close_connection_pool()


def pool_state() -> PoolState | None:
    """Return how busy the pool is; None where there is none."""
    pool = engine().pool
    if pool is None:
        return None
    return PoolState(pool.get_size(), pool.get_idle_size(), pool.get_max_size(), _queue.waiting)


async def _prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(
        "jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog"
    )


async def _prepare_logged(connection: asyncpg.Connection) -> None:
    await _prepare(connection)
    connection.add_query_logger(
        lambda query: log.info("database.query", statement=query.query, elapsed_s=query.elapsed)
    )


async def _roll_back(connection: asyncpg.Connection) -> None:
    """Instead of asyncpg's reset, a statement at every return: we leave no state in a session."""
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")


@asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection]:
    """Lend the transaction's connection, or one from the pool."""
    current = engine().current_transaction.get()
    if current is not None:
        yield current.connection
        return
    async with _acquire() as lent:
        yield lent


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Run the block in a transaction; a block inside another joins the outer one.

    Not Piccolo's own, which waits for a connection without a limit and keeps one for ever whose
    server died.

    Raises:
        TimeoutError: the pool had no connection for 10 s.
    """
    running = engine().current_transaction
    if running.get() is not None:
        yield
        return
    async with _acquire() as lent:
        current = _Transaction(lent)
        async with lent.transaction():
            token = running.set(cast(PostgresTransaction, current))
            try:
                yield
            finally:
                running.reset(token)
    for step in current.after_commit:
        await step()


async def after_commit(step: Step) -> None:
    """Run `step` once what is being done is committed, at once outside a transaction.

    For what must not be seen before its rows: a job's nudge, a cache's new version. It is lost
    when the process dies in between, so it must be something that a row makes up for.
    """
    current = cast(_Transaction | None, engine().current_transaction.get())
    if isinstance(current, _Transaction):
        current.after_commit.append(step)
    else:
        await step()


@asynccontextmanager
async def _acquire() -> AsyncIterator[asyncpg.Connection]:
    db = engine()
    if db.pool is None:  # migrations, which run as the owner
        own = await db.get_new_connection()
        try:
            yield own
        finally:
            await own.close()
        return
    pool = cast(asyncpg.Pool, db.pool)
    _queue.waiting += 1
    try:
        lent = await pool.acquire(timeout=ACQUIRE_TIMEOUT_S)
    finally:
        _queue.waiting -= 1
    try:
        yield lent
    finally:
        await pool.release(lent)


async def fetch(sql: str, *values: Any) -> list[Row]:
    """Return all rows."""
    async with connection() as lent:
        return cast(list[Row], await lent.fetch(sql, *values))


async def fetch_row(sql: str, *values: Any) -> Row | None:
    """Return the first row, or None."""
    async with connection() as lent:
        return cast(Row | None, await lent.fetchrow(sql, *values))


async def fetch_value(sql: str, *values: Any) -> Any:
    """Return the first column of the first row, or None."""
    async with connection() as lent:
        return await lent.fetchval(sql, *values)


async def execute(sql: str, *values: Any) -> int:
    """Run a statement; return the number of rows it touched (0 where that has no meaning)."""
    async with connection() as lent:
        tag = str(await lent.execute(sql, *values))
    last = tag.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


async def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows by COPY; constraints hold, and one bad row refuses all."""
    async with connection() as lent:
        await lent.copy_records_to_table(table, records=rows, columns=list(columns))


async def forget_plans() -> None:
    """Let this session plan its statements, and its checks of foreign keys, for what is there now.

    Inside a first bulk insert: a plan made for an empty table would read a household's every
    row for each check.
    """
    await execute("DISCARD PLANS")
