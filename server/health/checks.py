"""Checks of the running parts, shared by `/health`, `catchup doctor` and the admin's screens."""

import asyncio
import importlib
import pkgutil
import shutil
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import asyncpg
import psutil
from redis.exceptions import RedisError

import migrations
from server import db_reading, queue
from server.alerts.rules import QUIET
from server.alerts.rules_late import Late
from server.db_connections import DatabaseAway
from server.replicas import ReplicaState

T = TypeVar("T")
Status = Literal["ok", "warn", "fail"]

LIMIT_S = 2.0
OLDEST_POSTGRESQL = 15
EXTENSIONS = ("pg_trgm", "btree_gin", "btree_gist", "fuzzystrmatch")
CLOCK_SKEW = timedelta(seconds=5)
MOST_MEMORY_BYTES = 512 * 2**20
LITTLE_DISK_BYTES = 2**30
NO_DISK_BYTES = 200 * 2**20

DATABASE_ERRORS = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
# What it answers when it is taken for the server itself: our settings, our prepared statements.
POOLER_ERRORS = (
    asyncpg.ProtocolViolationError,
    asyncpg.DuplicatePreparedStatementError,
    asyncpg.InvalidSQLStatementNameError,
)
_START = "start it, or look at DATABASE_URL; in embedded mode: `make up`"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at and what came of it.

    `detail` and `fix` are for the admin and may name versions and addresses; `reason` is a
    stable code that anybody may see. Neither carries a secret.
    """

    name: str
    status: Status
    detail: str = ""
    fix: str = ""
    reason: str = ""
    lag_s: float | None = None


def worst(checks: Iterable[Check]) -> Status:
    """Return the worst status of the checks."""
    order: tuple[Status, ...] = ("ok", "warn", "fail")
    return max((check.status for check in checks), key=order.index, default="ok")


async def in_time(
    name: str, checking: Awaitable[list[Check]], *, limit_s: float = LIMIT_S
) -> list[Check]:
    """Return the checks, or a failed one called `name` when they take too long."""
    found = await within(limit_s, checking)
    if found is not None:
        return found
    return [failed(name, f"no answer within {limit_s:g} s", reason="no_answer")]


async def within(limit_s: float, asking: Awaitable[T]) -> T | None:
    """Return the answer, or None when it takes too long."""
    task = asyncio.ensure_future(asking)
    done, _ = await asyncio.wait([task], timeout=limit_s)
    if done:
        return task.result()
    # Not waited for: what hangs on a frozen server hangs on its goodbye, too.
    task.cancel()
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return None


def failed(name: str, detail: str, *, reason: str, fix: str = _START) -> Check:
    """Return a failed check."""
    return Check(name, "fail", detail, fix, reason)


def database_error(error: Exception) -> Check:
    """Say why the database could not be asked."""
    if isinstance(error, asyncpg.UndefinedTableError):
        return _pending("the database has no tables yet")
    if isinstance(error, POOLER_ERRORS):
        detail = f"DATABASE_URL seems to lead through PgBouncer: {type(error).__name__}"
        fix = "set DATABASE_DIRECT_URL to the same database without it; see docs/pgbouncer.md"
        return failed("database", detail, reason="pooler", fix=fix)
    why = error.reason if isinstance(error, DatabaseAway) else type(error).__name__
    return failed("database", f"it cannot be used: {why}", reason="unreachable")


def state(row: Mapping[str, Any], *, now: datetime) -> list[Check]:
    """Judge what queries.find_state returned."""
    return [
        Check("database", "ok", "it answers"),
        _migrations(frozenset(row["applied"])),
        _schedules(list(row["late"]), row["schedules"]),
        _security(list(row["alerts"])),
        _clock(row["at"] - now),
    ]


def server(row: Mapping[str, Any]) -> list[Check]:
    """Judge what queries.find_server returned."""
    found = [_version(row["version"], row["version_num"])]
    missing = [name for name in EXTENSIONS if name not in row["extensions"]]
    if missing:
        fix = "run `catchup migrate` as a role that may create them"
        found.append(failed("extensions", f"missing: {', '.join(missing)}", reason="", fix=fix))
    if row["is_superuser"] or row["may_create"]:
        what = "is a superuser" if row["is_superuser"] else "may change the schema"
        fix = "use a role without these rights in DATABASE_URL, and the owner in DATABASE_OWNER_URL"
        found.append(Check("role", "warn", f"the application's role {what}", fix))
    return found


def replicas() -> list[Check]:
    """Judge each read replica: without it the primary does its work, so none is a failure."""
    return [_replica(state) for state in db_reading.replica_states()]


async def redis() -> list[Check]:
    """Ask Redis for an answer."""
    try:
        await queue.ping()
    except (RedisError, OSError) as error:
        fix = "start it, or look at REDIS_URL; in embedded mode: `make up`"
        detail = f"it cannot be used: {type(error).__name__}"
        return [failed("redis", detail, reason="unreachable", fix=fix)]
    return [Check("redis", "ok", "it answers")]


async def redis_server() -> list[Check]:
    """Judge Redis's version, and whether it keeps the queue over a restart; `redis` went well."""
    info = await queue.server_info()
    version = str(info["redis_version"])
    found = [Check("redis version", "ok", version)]
    if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
        found = [failed("redis version", version, reason="", fix="install Redis 6.2 or newer")]
    if not info["aof_enabled"]:
        detail = "it forgets waiting jobs in a crash; they come back with the next reconciling"
        found.append(Check("redis persistence", "warn", detail, "set `appendonly yes`"))
    if info["maxmemory"] and info["maxmemory_policy"] != "noeviction":
        detail = f"maxmemory-policy {info['maxmemory_policy']} may drop waiting jobs"
        found.append(Check("redis memory", "warn", detail, "set `maxmemory-policy noeviction`"))
    return found


async def memory() -> list[Check]:
    """Look at the memory of this process."""
    used = psutil.Process().memory_info().rss
    detail = f"this process uses {used // 2**20} MB"
    if used <= MOST_MEMORY_BYTES:
        return [Check("memory", "ok", detail)]
    fix = "restart it; if it grows again, tell us with the log"
    return [Check("memory", "warn", detail, fix, reason="high")]


def disk(folder: Path) -> Check:
    """Look at the free space where `folder` is or will be."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free >= LITTLE_DISK_BYTES:
        # Roughly: what says the same is not sent to a dashboard again.
        return Check("disk", "ok", f"{free // 2**30} GB free at {folder}")
    detail = f"{free // 2**20} MB free at {folder}"
    status: Status = "fail" if free < NO_DISK_BYTES else "warn"
    return Check("disk", status, detail, "make room there, or move the data")


@lru_cache(maxsize=1)
def known_migrations() -> frozenset[str]:
    """Return the migrations of this version, without the machinery that applies them (20 MB)."""
    names = (module.name for module in pkgutil.iter_modules(migrations.__path__))
    return frozenset(importlib.import_module(f"migrations.{name}").ID for name in names)


def _migrations(applied: frozenset[str]) -> Check:
    missing = len(known_migrations() - applied)
    if missing:
        return _pending(f"{missing} not applied")
    return Check("migrations", "ok", f"{len(applied)} applied")


def _pending(detail: str) -> Check:
    return failed("migrations", detail, reason="pending", fix="run `catchup migrate`")


def _schedules(late: list[str], count: int) -> Check:
    if not count:
        detail = "no worker has run on this database yet"
        return Check("schedules", "warn", detail, "run `catchup worker`", reason="no_worker")
    if late:
        detail = f"without success for too long: {', '.join(late)}"
        fix = "see that `catchup worker` runs, and its log"
        return Check("schedules", "warn", detail, fix, reason="late")
    return Check("schedules", "ok", f"{count} ran when they should")


def _security(kinds: list[str]) -> Check:
    found = [kind for kind in kinds if kind not in QUIET]
    if not found:
        return Check("security", "ok", "no alert since yesterday that waits for somebody")
    detail = f"alerts since yesterday: {', '.join(found)}"
    fix = "run `catchup audit list --action alert`; once seen: `catchup alerts acknowledge`"
    return Check("security", "warn", detail, fix, "alerts")


def messages(late: Sequence[Late]) -> Check:
    """Judge what should have left a quarter of an hour ago: the server itself serves on."""
    if not late:
        return Check("messages", "ok", "none is late")
    count = sum(one.messages for one in late)
    why = sorted({one.code or one.state for one in late})
    detail = f"{count} due and not accepted by a provider: {', '.join(why)}"
    return Check("messages", "warn", detail, "run `catchup messages list`", reason="late")


def _clock(skew: timedelta) -> Check:
    detail = f"{abs(skew.total_seconds()):.1f} s between this machine and the database"
    if abs(skew) <= CLOCK_SKEW:
        return Check("clock", "ok", detail)
    return Check("clock", "warn", detail, "set both by NTP", reason="skew")


def _replica(state: ReplicaState) -> Check:
    lag_s = None if state.lag_s is None else round(state.lag_s, 1)
    if not state.reason:
        return Check(state.name, "ok", f"{lag_s} s behind", lag_s=lag_s)
    detail, fix = {
        "not_looked_at": ("not looked at yet", "wait a moment"),
        "unreachable": ("it does not answer", "start it, or look at DATABASE_REPLICA_URLS"),
        "lagging": (f"{lag_s} s behind", "see that it receives and replays the primary's log"),
        "not_a_replica": (
            "it does not follow the primary",
            "look at DATABASE_REPLICA_URLS; rebuild it with pg_basebackup if it was promoted",
        ),
    }[state.reason]
    return Check(state.name, "warn", detail, fix, reason=state.reason, lag_s=lag_s)


def _version(version: str, version_num: int) -> Check:
    if version_num >= OLDEST_POSTGRESQL * 10_000:
        return Check("postgresql version", "ok", version)
    fix = f"upgrade to PostgreSQL {OLDEST_POSTGRESQL} or newer"
    return failed("postgresql version", version, reason="", fix=fix)
