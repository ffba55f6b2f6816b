"""Keep calendars by link up to date: fetch, compare, store what differs."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from server.calendars import link_read, queries, queries_connections
from server.calendars.ics_errors import NotACalendar
from server.calendars.ics_read import ParsedCalendar
from server.calendars.link_read import Found, LinkFailed
from server.calendars.refresh_rules import next_refresh
from server.calendars.service_store import compare, parse, record, store
from server.db import Row, transaction
from server.errors import NotFound
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope

AT_ONCE = 4
FETCH_LIMIT_S = 30.0
LEASE = timedelta(minutes=10)
"""A link that was taken is nobody else's for this long; longer than fetching and storing take."""

RUN_S = 600.0
"""A run takes no new links after this; its job may last 900 s."""

CALENDAR_ID = "ics"
"""A link has one calendar, under this `external_id`."""

log = structlog.get_logger()


async def refresh_due(*, clock: Callable[[], datetime]) -> int:
    """Refresh every link that is due, four at a time; return how many were tried.

    `clock` is read for each, or the lease of a late one would be short. Each is taken by a
    statement of its own and fetched outside any transaction. One that breaks
    keeps no other waiting: its error is raised when all have had their turn. After a crash a
    link is due again when its lease runs out.
    """
    stop_at = asyncio.get_running_loop().time() + RUN_S
    failures: list[BaseException] = []

    async def work() -> int:
        tried = 0
        while asyncio.get_running_loop().time() < stop_at:
            now = clock()
            row = await queries_connections.claim_due_of_server(until=now + LEASE, now=now)
            if row is None:
                break
            (failure,) = await asyncio.gather(
                refresh_link(row, limit_s=FETCH_LIMIT_S, now=now), return_exceptions=True
            )
            if failure is not None:
                failures.append(failure)
            tried += 1
        return tried

    done = await asyncio.gather(*(work() for _ in range(AT_ONCE)), return_exceptions=True)
    failures += [each for each in done if isinstance(each, BaseException)]
    if failures:
        raise failures[0]
    return sum(each for each in done if isinstance(each, int))


async def refresh_link(row: Row, *, limit_s: float, now: datetime) -> None:
    """Refresh one link that was claimed; a failure is noted, and the old events stay."""
    scope, connection_id = Scope(row["household_id"], row["user_id"]), row["id"]
    box = await keys.box(scope.household_id)
    link, known = link_read.open_link(box, row), link_read.open_state(box, row)
    parsed = None
    try:
        found = await link_read.read(link, known, limit_s=limit_s)
        if found.data is not None:
            found, parsed = await parse_found(scope, found, now=now)
    except LinkFailed as problem:
        await _note_failure(scope, row, problem.code, now=now)
        return
    except NotFound:  # the user is gone
        return
    is_same = found.state == known
    async with transaction():
        await queries.lock_calendars(scope)
        current = await queries_connections.lock_link(scope, connection_id)
        if current is None or current["credential"] != row["credential"]:
            return  # removed, or another link, while we fetched
        if parsed is not None:
            await store_link(scope, connection_id, current["name"], parsed, now=now)
        await queries_connections.set_synced(
            scope,
            connection_id,
            sync_state=None if is_same else link_read.seal_state(box, connection_id, found.state),
            next_refresh_at=next_refresh(connection_id, failures=0, error_code=None, now=now),
            now=now,
        )


async def parse_found(scope: Scope, found: Found, *, now: datetime) -> tuple[Found, ParsedCalendar]:
    """Read what a link gave; the state that is returned counts what was malformed.

    Raises:
        LinkFailed: it is no iCalendar file after all. NotFound: the user is gone.
    """
    data = found.data or b""
    try:
        parsed = await parse(scope, lambda: data, now=now)
    except NotACalendar:
        raise LinkFailed("not_a_calendar") from None
    state = found.state.model_copy(update={"unreadable": len(parsed.bad)})
    return Found(data, state), parsed


async def store_link(
    scope: Scope, connection_id: UUID, name: str, parsed: ParsedCalendar, *, now: datetime
) -> None:
    """Let a link's calendar hold what was read; its first reading makes it, called `name`.

    In the caller's transaction, under `lock_calendars`.
    """
    known = await queries.get_linked(scope, connection_id)
    calendar_id = known["id"] if known else uuid7()
    if known is None:
        values = {
            "id": calendar_id,
            "connection_id": connection_id,
            "external_id": CALENDAR_ID,
            "name": name,
            "zone": parsed.zone,
        }
        await queries.insert_calendar(scope, values, now=now)
    change = await compare(scope, known, parsed)
    await store(scope, calendar_id, known, parsed, change, now=now)
    if change or known is None:
        await record(scope, calendar_id, parsed, change, now=now)


async def _note_failure(scope: Scope, row: Row, code: str, *, now: datetime) -> None:
    failures = row["failures"] + 1
    log.info("calendar.refresh_failed", connection_id=str(row["id"]), code=code, failures=failures)
    await queries_connections.set_failed(
        scope,
        row["id"],
        row["credential"],
        error_code=code,
        failures=failures,
        next_refresh_at=next_refresh(row["id"], failures=failures, error_code=code, now=now),
    )
