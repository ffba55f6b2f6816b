"""What is behind a calendar's link, as bytes that are an iCalendar file, or why not."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel

from server.calendars.refresh_rules import REASONS, code_of_status
from server.config import settings
from server.db import Row
from server.keys.service import Box
from server.outbound import fetch
from server.outbound.links import BadLink

MAX_VALIDATOR = 500
"""An ETag longer than this is not kept."""

_PAGE_STARTS = (b"<!DOCTYPE HTML", b"<HTML", b"<?XML", b"<HEAD", b"<BODY", b"<SCRIPT")


class LinkFailed(Exception):
    """A link gave no calendar: a code of refresh_rules.REASONS."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def reason(self) -> str:
        """A sentence for the user; it quotes neither link nor reply."""
        return REASONS[self.code]


class SyncState(BaseModel):
    """What is remembered of the last good reply; kept encrypted."""

    etag: str | None = None
    last_modified: str | None = None
    sha256: str | None = None
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A calendar's bytes, None when they are those of last time."""

    data: bytes | None
    state: SyncState


async def read(link: str, known: SyncState, *, limit_s: float) -> Found:
    """Fetch a link, saying what is already here.

    Raises:
        LinkFailed: it cannot be fetched, or is no whole calendar.
    """
    asked = {"Accept": "text/calendar, text/plain;q=0.5, */*;q=0.1"}
    if known.etag:
        asked["If-None-Match"] = known.etag
    if known.last_modified:
        asked["If-Modified-Since"] = known.last_modified
    try:
        reply = await fetch.fetch(
            link, headers=asked, max_bytes=settings().max_import_bytes, limit_s=limit_s
        )
    except (BadLink, fetch.FetchFailed) as error:
        raise LinkFailed(error.code) from None
    if (code := code_of_status(reply.status)) is not None:
        raise LinkFailed(code)
    if reply.status == 304:
        return Found(None, known)
    sha256 = hashlib.sha256(reply.body).hexdigest()
    state = SyncState(
        etag=_short(reply.headers, "etag"),
        last_modified=_short(reply.headers, "last-modified"),
        sha256=sha256,
        unreadable=known.unreadable,
    )
    if sha256 == known.sha256:
        return Found(None, state)
    _check(reply.body)
    return Found(reply.body, state)


def _short(headers: Mapping[str, str], name: str) -> str | None:
    value = headers.get(name)
    return value if value and len(value) <= MAX_VALIDATOR else None


def _check(data: bytes) -> None:
    """Refuse a login page, and half a calendar: its missing events would pass for deleted."""
    # Without null bytes UTF-16 reads like ASCII here.
    start, end = (part.replace(b"\0", b"").upper() for part in (data[:8192], data[-8192:]))
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(_PAGE_STARTS):
        raise LinkFailed("web_page")
    if b"BEGIN:VCALENDAR" not in start:
        raise LinkFailed("not_a_calendar")
    if b"END:VCALENDAR" not in end:
        raise LinkFailed("cut_off")


def seal_link(box: Box, connection_id: UUID, link: str) -> bytes:
    """Return a link as `calendar_connections.credential`."""
    return box.seal("calendar_connections", "credential", connection_id, link)


def open_link(box: Box, row: Row) -> str:
    """Return the link of a connection's row."""
    return box.open("calendar_connections", "credential", row["id"], row["credential"])


def seal_state(box: Box, connection_id: UUID, state: SyncState) -> bytes:
    """Return what is remembered of a link as `calendar_connections.sync_state`."""
    text = state.model_dump_json()
    return box.seal("calendar_connections", "sync_state", connection_id, text)


def open_state(box: Box, row: Row) -> SyncState:
    """Return what is remembered of a connection's link."""
    text = box.open_if("calendar_connections", "sync_state", row["id"], row["sync_state"])
    return SyncState.model_validate_json(text) if text else SyncState()
