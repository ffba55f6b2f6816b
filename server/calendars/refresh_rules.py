"""When a link is looked at again, and what its failures mean; pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

EVERY = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
SPREAD_S = 300
"""Links that were added together are not fetched together for ever."""

GONE_AFTER = 8
"""Refreshes in a row, over two days and more, that fail before a link is left alone."""

State = Literal["active", "failing", "paused", "error"]

REASONS: Mapping[str, str] = {
    "bad_link": "This is no link; it should begin with https:// or webcal://.",
    "bad_scheme": "Only links that begin with https, http or webcal are read.",
    "bad_host": "The link's host is no name of a server.",
    "refused_address": "The link leads into a private network, or to a port that is no web"
    " server's (80, 443, 8443). Only calendars on the internet can be read.",
    "unreachable": "The calendar's server cannot be reached. Is the link right?",
    "tls_failed": "The calendar's server does not prove that it is the one it claims to be.",
    "timed_out": "The calendar's server took too long to answer.",
    "bad_redirect": "The link leads on to somewhere else, too often or unprotected.",
    "bad_reply": "The calendar's server answered something that cannot be understood.",
    "not_found": "There is no calendar behind the link any more. Copy it again from where it is"
    " kept.",
    "forbidden": "The calendar's server refuses to show it. Copy its secret link again.",
    "provider_failed": "The calendar's server has trouble of its own.",
    "too_large": "The calendar is too large.",
    "web_page": "The link shows a web page, not a calendar. Look for its secret address in iCal"
    " format.",
    "not_a_calendar": "What is behind the link is no iCalendar file.",
    "cut_off": "The calendar broke off before its end.",
    "link_lost": "The link that was stored cannot be read any more. Enter it again.",
}
"""A sentence for each code of a link that cannot be read."""


def next_refresh(
    connection_id: UUID, *, failures: int, error_code: str | None, now: datetime
) -> datetime | None:
    """Return when a link is due again; None when it is left alone until somebody asks.

    `failures` counts those in a row, the latest included. Each doubles the wait, to a day.
    """
    if failures >= GONE_AFTER and error_code == "not_found":
        return None
    doublings = min(max(failures - 1, 0), 10)
    wait = min(EVERY * (1 << doublings), LONGEST)
    return now + wait + timedelta(seconds=connection_id.int % SPREAD_S)


def state_of(provider: str, error_code: str | None, next_refresh_at: datetime | None) -> State:
    """Say how a connection fares; uploads are always active."""
    if provider == "upload" or error_code is None:
        return "active"
    if error_code == "link_lost":
        return "error"
    return "failing" if next_refresh_at is not None else "paused"


def code_of_status(status: int) -> str | None:
    """Return what an HTTP status means for a calendar; None when it is good."""
    if status in {200, 304}:
        return None
    if status in {404, 410}:
        return "not_found"
    if status in {401, 403, 407, 451}:
        return "forbidden"
    return "provider_failed"
