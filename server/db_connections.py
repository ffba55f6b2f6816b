"""Connections to PostgreSQL: how long anything may take, and what it means when one fails."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import asyncpg
import structlog
from piccolo.engine.postgres import PostgresEngine

from server.config import Settings

REQUEST_LIMIT_S = 8.0
"""How long one statement of a request may take: who waits for more should be told to come back."""
WORK_LIMIT_S = 60.0
"""How long one statement of a job or an import may take."""
ACQUIRE_LIMIT_S = 5.0
"""How long a free connection is waited for, and a new one to be made."""
UNDO_LIMIT_S = 1.0
"""How long a broken transaction may take to say goodbye before its connection is cut off."""
CLOSE_LIMIT_S = 10.0
"""How long the end of a process waits for connections that are still lent."""

# How much of a mistyped word has to be right for `<%` (contacts/queries_filters.py).
_SESSION = {"jit": "off", "pg_trgm.word_similarity_threshold": "0.3"}

log = structlog.get_logger()

# Other errors of PostgreSQL are about the statement.
_AWAY = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,  # what the first statement after a killed backend may get
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DiskFullError,
)


class DatabaseAway(OSError):
    """PostgreSQL cannot be reached, is stopping, or does not answer in time; `reason` is a class.

    What was being committed may or may not be.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def arguments(settings: Settings, *, limit_s: float) -> dict[str, Any]:
    """Return what every pool of ours is made with; `limit_s` is for one statement."""
    # Behind PgBouncer in transaction mode a prepared statement belongs to another server, and
    # PgBouncer refuses to start a session with settings it does not know (docs/pgbouncer.md).
    direct = settings.direct_database == settings.database
    return {
        "command_timeout": limit_s,
        "timeout": ACQUIRE_LIMIT_S,
        "init": _prepare_logged if settings.database_log_queries else _prepare,
        "reset": _roll_back,
        "statement_cache_size": 1024 if direct else 0,
        "server_settings": {"application_name": "catchup", **(_SESSION if direct else {})},
    }


class _Waiting:
    """Who waits for a connection; asyncpg does not say."""

    count = 0


waiting = _Waiting()


class lend:  # noqa: N801  # reads as the block that it is
    """Lend a connection for the block, waited for no longer than `limit_s`.

    A class, and few layers: every statement of a request passes here.

    Raises:
        DatabaseAway: there is none to be had.
    """

    __slots__ = ("_lent", "_limit_s", "_pool")

    def __init__(self, pool: asyncpg.Pool, *, limit_s: float = ACQUIRE_LIMIT_S) -> None:
        self._pool = pool
        self._limit_s = limit_s

    async def __aenter__(self) -> asyncpg.Connection:
        waiting.count += 1
        try:
            with naming_outage():
                # A limit makes asyncpg start a task, which one that is free does not need: should
                # it have to connect, that has a limit of its own. Counting the idle ones would
                # look at each.
                limit_s = self._limit_s if self._pool._queue.empty() else None  # noqa: SLF001
                self._lent = cast(asyncpg.Connection, await self._pool.acquire(timeout=limit_s))
        finally:
            waiting.count -= 1
        return self._lent

    async def __aexit__(self, *_: object) -> None:
        # It takes time only when a statement of it has just been given up. The pool cuts it off
        # and mends itself; who asked has a reply or an error already.
        with suppress(TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await _give_back(self._pool, self._lent)


async def _give_back(pool: asyncpg.Pool, lent: asyncpg.Connection) -> None:
    """Give a connection back; at once, where it has nothing to clean up.

    asyncpg starts a task each time, so that a cancelled caller does not stop it halfway. With
    nothing to wait for there is no halfway.
    """
    own, holder = lent._con, lent._holder  # noqa: SLF001  # asyncpg has no way to ask
    if own is None or own.is_closed() or own.is_in_transaction() or own._protocol._is_cancelling():  # noqa: SLF001
        await pool.release(lent, timeout=UNDO_LIMIT_S)
    else:
        own._on_release()  # noqa: SLF001  # as the pool does before it starts its task
        await holder.release(None)  # a limit of time would be for what it finds to clean up


async def close(engine: PostgresEngine) -> None:
    """Close the pool; whoever still holds a connection after `CLOSE_LIMIT_S` loses it."""
    try:
        async with asyncio.timeout(CLOSE_LIMIT_S):
            await engine.close_connection_pool()
    except TimeoutError:  # asyncpg has cut off what was left
        engine.pool = None
        log.warning("database.pool_cut_off")


@asynccontextmanager
async def in_transaction(lent: asyncpg.Connection) -> AsyncIterator[None]:
    """Run the block in a transaction; asyncpg's own waits a whole limit more to roll back.

    Raises:
        DatabaseAway: it could not begin, or nobody knows whether it is committed.
    """
    started = lent.transaction()
    with naming_outage(lent):
        await started.start()
    try:
        yield
    except BaseException:
        try:
            async with asyncio.timeout(UNDO_LIMIT_S):
                await started.rollback()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.info("database.cut_off", error=type(error).__name__)
            if not is_gone(lent):
                lent.terminate()
        raise
    with naming_outage(lent):
        await started.commit()


class naming_outage:  # noqa: N801  # as `lend`
    """Raise DatabaseAway for what means that PostgreSQL is away, and nothing else for it.

    asyncpg's InterfaceError is also a mistake of ours, as long as the connection stands.
    """

    __slots__ = ("_lent",)

    def __init__(self, lent: asyncpg.Connection | None = None) -> None:
        self._lent = lent

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None and self._means_away(error):
            raise DatabaseAway(type(error).__name__) from error

    def _means_away(self, error: BaseException) -> bool:
        if isinstance(error, asyncpg.InterfaceError) and not isinstance(error, _AWAY):
            is_ours = self._lent is not None and not is_gone(self._lent)
            return not (is_ours or isinstance(error, ValueError))
        return isinstance(error, _AWAY) and not isinstance(error, DatabaseAway)


def is_gone(lent: asyncpg.Connection) -> bool:
    """Say whether a lent connection is closed; the pool takes back one that breaks."""
    try:
        return bool(lent.is_closed())
    except asyncpg.InterfaceError:
        return True


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
