"""PostgreSQL: the pool, transactions and statements, over Piccolo's engine (ADR 0003).

Statements take `$1` placeholders. Inside `transaction()` they run on its connection, outside
on one from the pool. Never fan out (`gather`, `create_task`) inside a transaction: its
connection is in a context variable and can do one thing at a time.
"""

from collections.abc import (
    AsyncIterator,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import asyncpg
import structlog
from piccolo.engine.postgres import PostgresEngine, PostgresTransaction

import piccolo_conf
from server import db_reading
from server.config import Settings
from server.db_connections import (
    ACQUIRE_LIMIT_S,
    WORK_LIMIT_S,
    arguments,
    close,
    in_transaction,
    lend,
    naming_outage,
    waiting,
)
from server.db_reading import Question
from server.db_steps import Step, Transaction, Undo

log = structlog.get_logger()

T = TypeVar("T")

Row = Mapping[str, Any]
"""One row, by column name."""


@dataclass(frozen=True, slots=True)
class PoolState:
    """Connections that are open, idle and allowed, and how many callers wait for one."""

    size: int
    idle: int
    most: int
    waiting: int


@dataclass(slots=True)
class _Kept:
    """The connection of a `one_connection` block; None once the block has ended."""

    lent: asyncpg.Connection | None


_limit_s: ContextVar[float | None] = ContextVar("limit_s", default=None)
_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)


def engine() -> PostgresEngine:
    """Return the one Piccolo engine of this process."""
    return piccolo_conf.DB


@asynccontextmanager
async def pool(
    settings: Settings,
    *,
    max_size: int | None = None,
    limit_s: float = WORK_LIMIT_S,
    with_replicas: bool = False,
) -> AsyncIterator[None]:
    """Open the connection pool for the time of the block.

    `limit_s` is for one statement. `with_replicas` opens those of DATABASE_REPLICA_URLS, too.
    """
    db = engine()
    db.config = {"dsn": settings.database}
    limit = max_size or settings.database_pool_max
    await db.start_connection_pool(
        min_size=min(settings.database_pool_min, limit),
        max_size=limit,
        **arguments(settings, limit_s=limit_s),
    )
    try:
        if with_replicas and settings.database_replica_urls:
            async with db_reading.opened(settings):
                yield
        else:
            yield
    finally:
        await close(db)


def pool_state() -> PoolState | None:
    """Return how busy the pool is; None where there is none."""
    pool = engine().pool
    if pool is None:
        return None
    return PoolState(pool.get_size(), pool.get_idle_size(), pool.get_max_size(), waiting.count)


def be_patient() -> None:
    """Give each statement of this context a minute, as a job has: what is asked for is large."""
    _limit_s.set(WORK_LIMIT_S)


def _at_hand() -> asyncpg.Connection | None:
    """Return the connection that the context has: its transaction's, or its block's."""
    current = engine().current_transaction.get()
    if current is not None:
        return current.connection
    kept = _kept.get()
    return None if kept is None else kept.lent


@asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection]:
    """Lend the transaction's connection, or one from the pool."""
    lent = _at_hand()
    if lent is not None:
        yield lent
        return
    async with _acquire() as lent:
        yield lent


class one_connection:  # noqa: N801  # reads as the block that it is
    """Run the block's statements on one connection, as a transaction would, but each by itself.

    For statements with nothing to wait for between them: a connection that is lent once costs
    half of one that is lent twice. As in a transaction, never fan out inside.

    Raises:
        DatabaseAway: the pool had no connection for 5 s.
    """

    __slots__ = ("_lending", "_token")

    async def __aenter__(self) -> None:
        self._lending: AbstractAsyncContextManager[asyncpg.Connection] = connection()
        if _at_hand() is None and (pool := engine().pool) is not None:
            self._lending = _lend(pool)
        self._token = _kept.set(_Kept(await self._lending.__aenter__()))

    async def __aexit__(self, *error: Any) -> None:
        kept = _kept.get()
        if kept is not None:
            kept.lent = None  # what the block started may live longer, and has this context
        _kept.reset(self._token)
        await self._lending.__aexit__(*error)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Run the block in a transaction; a block inside another joins the outer one.

    Not Piccolo's own, which waits for a connection without a limit and keeps one for ever whose
    server died.

    Raises:
        DatabaseAway: the pool had no connection for 5 s, or the server does not answer.
    """
    running = engine().current_transaction
    if running.get() is not None:
        yield
        return
    db_reading.leave()
    async with connection() as lent:
        current = Transaction(lent)
        async with in_transaction(lent):
            token = running.set(cast(PostgresTransaction, current))
            try:
                yield
            except BaseException:
                current.give_up()
                raise
            finally:
                running.reset(token)
    for step, _ in current.after_commit:
        await step()


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Run the block in a transaction, or inside another as a part that alone can be taken back.

    An error that leaves the block undoes what it did and forgets its steps after the commit;
    who catches it goes on with the outer transaction.
    """
    current = cast(Transaction | None, engine().current_transaction.get())
    if current is None:
        async with transaction():
            yield
        return
    steps = len(current.after_commit)
    try:
        async with in_transaction(current.connection):
            yield
    except BaseException:
        current.give_up(steps)
        raise


async def after_commit(step: Step, *, otherwise: Undo | None = None) -> None:
    """Run `step` once what is being done is committed, at once outside a transaction.

    When it is rolled back, `otherwise` runs instead; neither where nobody knows which it was.

    For what must not be seen before its rows: a job's nudge, a cache's new version. It is lost
    when the process dies in between, so it must be something that a row makes up for.
    """
    current = cast(Transaction | None, engine().current_transaction.get())
    if isinstance(current, Transaction):
        current.after_commit.append((step, otherwise))
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
    async with _lend(db.pool) as lent:
        yield lent


def _lend(pool: asyncpg.Pool) -> lend:
    return lend(pool, limit_s=ACQUIRE_LIMIT_S)


async def _ask(question: Question[T]) -> T:
    """Put a question to the context's replica, or to the primary when it has none that answers."""
    lent = _at_hand()
    if lent is not None:
        with naming_outage(lent):
            return await question(lent)
    if db_reading.is_reading():
        with suppress(db_reading.NoAnswer):
            return await db_reading.ask(question)
    # Straight to the pool, past two layers of `connection`: every statement pays for them.
    pool = engine().pool
    async with connection() if pool is None else _lend(pool) as lent:
        with naming_outage(lent):
            return await question(lent)


async def fetch(sql: str, *values: Any) -> list[Row]:
    """Return all rows."""
    limit = _limit_s.get()
    return cast(list[Row], await _ask(lambda lent: lent.fetch(sql, *values, timeout=limit)))


async def fetch_row(sql: str, *values: Any) -> Row | None:
    """Return the first row, or None."""
    limit = _limit_s.get()
    return cast(Row | None, await _ask(lambda lent: lent.fetchrow(sql, *values, timeout=limit)))


async def fetch_value(sql: str, *values: Any) -> Any:
    """Return the first column of the first row, or None."""
    limit = _limit_s.get()
    return await _ask(lambda lent: lent.fetchval(sql, *values, timeout=limit))


async def execute(sql: str, *values: Any) -> int:
    """Run a statement; return the number of rows it touched (0 where that has no meaning)."""
    db_reading.leave()
    limit = _limit_s.get()
    tag = str(await _ask(lambda lent: lent.execute(sql, *values, timeout=limit)))
    last = tag.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


async def insert_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows by COPY; constraints hold, and one bad row refuses all."""
    db_reading.leave()
    limit = _limit_s.get()
    await _ask(
        lambda lent: lent.copy_records_to_table(
            table, records=rows, columns=list(columns), timeout=limit
        )
    )


async def forget_plans() -> None:
    """Let this session plan its statements, and its checks of foreign keys, for what is there now.

    Inside a first bulk insert: a plan made for an empty table would read a household's every
    row for each check.
    """
    await execute("DISCARD PLANS")
