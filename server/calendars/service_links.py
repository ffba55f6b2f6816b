"""The user's connections: calendars by link added, changed, refreshed on demand, removed."""

from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from server import versions
from server.audit import service as audit
from server.calendars import link_read, queries, queries_connections, service_refresh
from server.calendars.ics_read import ParsedCalendar
from server.calendars.link_read import Found, LinkFailed, SyncState
from server.calendars.refresh_rules import REASONS, next_refresh, state_of
from server.calendars.schemas import CalendarLinkIn, ConnectionOut, ConnectionPatch, ConnectionsPage
from server.calendars.service_store import first_name
from server.db import Row, transaction
from server.errors import BadInput, Conflict, FieldError, NotFound, PreconditionFailed
from server.keys import service as keys
from server.keys.envelope import DecryptError
from server.keys.service import Box
from server.lib.ids import uuid7
from server.lib.paging import ShortListQuery, page_of
from server.lib.scope import Scope
from server.outbound.links import BadLink, host_of, read_link, shown

MAX_LINKS = 20
"""Of one user: each is fetched every half hour."""

WAITING_LIMIT_S = 10.0
"""A user sits and waits for this fetch."""

SHORTEST_GAP = timedelta(seconds=30)
"""Between two fetches of one link, however often a refresh is asked for."""


async def list_connections(scope: Scope, query: ShortListQuery) -> ConnectionsPage:
    """Return a page of where the user's calendars come from, oldest first.

    Raises:
        BadInput: the cursor is not one of this list.
    """
    box = await keys.box(scope.household_id)
    rows = await queries_connections.list_connections(scope)
    page, more = page_of(rows, query, itemgetter("created_at", "id"), datetime, UUID)
    return ConnectionsPage(items=[_connection(box, row) for row in page], next_cursor=more)


async def get_connection(scope: Scope, connection_id: UUID) -> ConnectionOut:
    """Return one connection.

    Raises:
        NotFound: the user has no such connection.
    """
    row = await queries_connections.get_connection(scope, connection_id)
    if row is None:
        raise NotFound
    return _connection(await keys.box(scope.household_id), row)


async def add_link(scope: Scope, data: CalendarLinkIn, *, now: datetime) -> ConnectionOut:
    """Read a calendar by its link and keep it up to date from now on.

    Nothing is stored unless the link works.

    Raises:
        BadInput: field `url`, its code says why the link cannot be read.
        Conflict: `link_exists`, `too_many_links`.
    """
    link = _checked(data.url)
    box = await keys.box(scope.household_id)
    await _refuse_second(scope, box, link)
    found, parsed = await _read_waiting(scope, link, now=now)
    connection_id = uuid7()
    name = data.name or first_name(parsed.name) or host_of(link)
    values = {
        "id": connection_id,
        "name": name,
        "credential": link_read.seal_link(box, connection_id, link),
        "sync_state": link_read.seal_state(box, connection_id, found.state),
        "next_refresh_at": next_refresh(connection_id, failures=0, error_code=None, now=now),
    }
    async with transaction():
        await queries.lock_calendars(scope)
        await _refuse_second(scope, box, link)
        await queries_connections.insert_link(scope, values, now=now)
        await service_refresh.store_link(scope, connection_id, name, parsed, now=now)
        made = await get_connection(scope, connection_id)
        await _record(scope, "connection.created", connection_id, now)
        return made


async def patch_connection(
    scope: Scope,
    connection_id: UUID,
    data: ConnectionPatch,
    *,
    expected: int | None,
    now: datetime,
) -> ConnectionOut:
    """Rename a connection or give it another link, which is read at once.

    Raises:
        NotFound: the user has no such connection.
        PreconditionFailed: it has another version than `expected`.
        BadInput: as `add_link`; then nothing changes.
        Conflict: `not_a_link`: it has no link; `link_exists`.
    """
    before = await get_connection(scope, connection_id)
    if expected is not None and before.version != expected:
        raise PreconditionFailed("The connection has changed since you read it.")
    if "url" not in data.model_fields_set:
        async with transaction():
            await queries.lock_calendars(scope)
            await _edit(scope, before, data.name, None, expected=expected, now=now)
            return await get_connection(scope, connection_id)
    if before.provider != "ics_link":
        raise _not_a_link()
    box, link = await keys.box(scope.household_id), _checked(data.url)
    await _refuse_second(scope, box, link, but=connection_id)
    found, parsed = await _read_waiting(scope, link, now=now)
    async with transaction():
        await queries.lock_calendars(scope)
        await _refuse_second(scope, box, link, but=connection_id)
        credential = link_read.seal_link(box, connection_id, link)
        await _edit(scope, before, data.name, credential, expected=expected, now=now)
        await service_refresh.store_link(
            scope, connection_id, data.name or before.name, parsed, now=now
        )
        await queries_connections.set_synced(
            scope,
            connection_id,
            sync_state=link_read.seal_state(box, connection_id, found.state),
            next_refresh_at=next_refresh(connection_id, failures=0, error_code=None, now=now),
            now=now,
        )
        edited = await get_connection(scope, connection_id)
        await _record(scope, "connection.link_changed", connection_id, now)
        return edited


async def refresh_connection(scope: Scope, connection_id: UUID, *, now: datetime) -> ConnectionOut:
    """Fetch a link now; the reply says how it went. Sooner than 30 s after the last try: as it is.

    Raises:
        NotFound: the user has no such connection.
        Conflict: `not_a_link`.
    """
    found = await get_connection(scope, connection_id)
    if found.provider != "ics_link":
        raise _not_a_link()
    if found.state == "error":
        return found
    row = await queries_connections.claim_link(
        scope,
        connection_id,
        checked_before=now - SHORTEST_GAP,
        until=now + service_refresh.LEASE,
        now=now,
    )
    if row is not None:
        await service_refresh.refresh_link(row, limit_s=WAITING_LIMIT_S, now=now)
    return await get_connection(scope, connection_id)


async def delete_connection(
    scope: Scope, connection_id: UUID, *, expected: int | None, now: datetime
) -> None:
    """Remove a connection with its calendars and events.

    Raises:
        NotFound: the user has no such connection.
        PreconditionFailed: it has another version than `expected`.
    """
    async with transaction():
        await queries.lock_calendars(scope)
        if not await queries_connections.delete_connection(scope, connection_id, version=expected):
            raise await _why_not(scope, connection_id)
        await versions.changed([scope], "calendar")
        await _record(scope, "connection.removed", connection_id, now)


async def _record(scope: Scope, action: str, connection_id: UUID, now: datetime) -> None:
    await audit.record(
        scope.household_id,
        action,
        actor_id=scope.user_id,
        subject_kind="connection",
        subject_id=connection_id,
        now=now,
    )


def _checked(text: str) -> str:
    try:
        return str(read_link(text))
    except BadLink as error:
        raise _bad_url(error.code) from None


async def _read_waiting(scope: Scope, link: str, *, now: datetime) -> tuple[Found, ParsedCalendar]:
    try:
        found = await link_read.read(link, SyncState(), limit_s=WAITING_LIMIT_S)
        return await service_refresh.parse_found(scope, found, now=now)
    except LinkFailed as error:
        raise _bad_url(error.code) from None


async def _refuse_second(scope: Scope, box: Box, link: str, *, but: UUID | None = None) -> None:
    rows = await queries_connections.list_links(scope)
    others = [row for row in rows if row["id"] != but]
    if any(_opened_link(box, row) == link for row in others):
        raise Conflict("You have this calendar already.", code="link_exists")
    if len(others) >= MAX_LINKS:
        raise Conflict(f"More than {MAX_LINKS} links are too many.", code="too_many_links")


async def _edit(
    scope: Scope,
    before: ConnectionOut,
    name: str | None,
    credential: bytes | None,
    *,
    expected: int | None,
    now: datetime,
) -> None:
    if not await queries_connections.edit_connection(
        scope, before.id, name=name, credential=credential, version=expected
    ):
        raise await _why_not(scope, before.id)
    if name is not None and before.provider == "ics_link":
        await queries.rename_calendars(scope, before.id, name, now=now)
    await versions.changed([scope], "calendar")


async def _why_not(scope: Scope, connection_id: UUID) -> Exception:
    if await queries_connections.get_connection(scope, connection_id) is None:
        return NotFound()
    return PreconditionFailed("The connection has changed since you read it.")


def _bad_url(code: str) -> BadInput:
    return BadInput(REASONS[code], code=code, fields=[FieldError("url", code, REASONS[code])])


def _not_a_link() -> Conflict:
    return Conflict("This connection has no link: upload the file again.", code="not_a_link")


def _opened_link(box: Box, row: Row) -> str | None:
    """Return a connection's link; None when it, or what is sealed beside it, does not open."""
    try:
        if "sync_state" in row:
            link_read.open_state(box, row)
        return link_read.open_link(box, row)
    except DecryptError:
        return None


def _connection(box: Box, row: Row) -> ConnectionOut:
    is_link = row["provider"] == "ics_link"
    link = _opened_link(box, row) if is_link else None
    code = "link_lost" if is_link and link is None else row["last_error_code"]
    return ConnectionOut(
        id=row["id"],
        provider=row["provider"],
        name=row["name"],
        url=shown(link) if link else None,
        state=state_of(row["provider"], code, row["next_refresh_at"]),
        calendars=row["calendars"],
        events=row["events"],
        unreadable_events=link_read.open_state(box, row).unreadable if link else 0,
        last_synced_at=row["last_synced_at"],
        last_checked_at=row["last_checked_at"],
        next_refresh_at=row["next_refresh_at"],
        last_error_code=code,
        last_error=REASONS.get(code) if code else None,
        created_at=row["created_at"],
        version=row["version"],
    )
