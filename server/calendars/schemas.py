"""Shapes of the calendar routes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from server.lib.fields import Length, Shape, Text, Zone, absent
from server.lib.paging import ShortListQuery

MAX_ITEMS = 1_000
MAX_LINK = 2_048
MAX_SPAN_DAYS = 92


def _plain(value: str) -> str:
    if "\0" in value:
        raise ValueError("contains a null byte")
    return value


When = Annotated[
    str,
    Field(max_length=40, examples=["2026-03-02", "2026-03-02T18:00:00+01:00"]),
    AfterValidator(_plain),
]
"""A date, which is its midnight in the user's zone, or a time with offset."""


LinkProblem = Literal[
    "bad_link",
    "bad_scheme",
    "bad_host",
    "refused_address",
    "unreachable",
    "tls_failed",
    "timed_out",
    "bad_redirect",
    "bad_reply",
    "not_found",
    "forbidden",
    "provider_failed",
    "too_large",
    "web_page",
    "not_a_calendar",
    "cut_off",
    "link_lost",
]
CalendarName = Annotated[Text, Length(1, 255)]
Link = Annotated[
    Text,
    Field(
        pattern=r"^\s*[A-Za-z]+://\S+\s*$",
        max_length=MAX_LINK,
        description="The calendar's secret address in iCal format: https, webcal (which means"
        " https) or http. It is kept encrypted and never shown again.",
        examples=["https://calendar.example.org/secret-4f1c/basic.ics"],
    ),
]


class ImportQuery(Shape):
    """How to read an uploaded file."""

    name: Annotated[Text, Field(min_length=1, max_length=255)] | None = Field(
        None, description="Name of the calendar; else X-WR-CALNAME, else the file's name."
    )
    calendar_id: UUID | None = Field(None, description="Read it into this uploaded calendar.")
    dry_run: bool = Field(False, description="Only say what would come of it.")


class SeriesOutcome(Shape):
    """What came of one series (the events of one UID), or of one malformed event."""

    position: int = Field(description="Counts the file's events from 1; 0 for removed ones.")
    line: int = Field(description="Line of the file, from 1; 0 for removed ones.")
    uid: str | None
    outcome: Literal["created", "updated", "unchanged", "removed", "failed"]
    code: str | None = None
    reason: str | None = None


class CalendarOut(Shape):
    """A calendar; only selected ones count for free time and suggestions."""

    id: UUID
    connection_id: UUID
    provider: Literal["upload", "ics_link", "caldav", "google"]
    name: str
    zone: str | None = Field(description="Zone that the calendar states for itself.")
    is_selected: bool
    created_at: datetime
    updated_at: datetime
    version: int


class CalendarImportOut(Shape):
    """What came of a file; `calendar` is null when a dry run would make it."""

    calendar: CalendarOut | None
    created: int
    updated: int
    unchanged: int
    removed: int = Field(description="Series that stood in the calendar, but not in this file.")
    failed: int
    ignored: dict[str, int] = Field(description="Components that hold no events, by name.")
    items: list[SeriesOutcome] = Field(
        description=f"At most {MAX_ITEMS}: failed ones first, then by position."
    )
    items_left_out: int


class CalendarsPage(Shape):
    """The user's calendars."""

    items: list[CalendarOut]
    next_cursor: str | None = None


class SelectionIn(Shape):
    """The calendars that count; all others do not."""

    calendar_ids: list[UUID] = Field(max_length=1_000)


class CalendarLinkIn(Shape):
    """A calendar by link; `provider` tells it from other kinds of connections."""

    provider: Literal["ics_link"] = Field(examples=["ics_link"])
    url: Link
    name: CalendarName | None = Field(
        None, description="What to call it; else X-WR-CALNAME, else the server's name."
    )


class ConnectionPatch(Shape):
    """What changes; what is left out stays."""

    name: CalendarName = absent(description="A link's calendar is renamed, too.")
    url: Link = absent(description="Another link to the same calendar; it is read at once.")


class ConnectionOut(Shape):
    """Where calendars come from. Links stay secret: only their server is shown."""

    id: UUID
    provider: Literal["upload", "ics_link", "caldav", "google"]
    name: str
    url: str | None = Field(
        description="A link's scheme and server, the rest left out.",
        examples=["https://calendar.example.org/…"],
    )
    state: Literal["active", "failing", "paused", "error"] = Field(
        description="Failing: it is tried again, less and less often, and its events stay."
        " Paused: nothing was there for days; a refresh or another link wakes it up."
        " Error: the link that was stored cannot be read any more; give it anew, or remove it."
    )
    calendars: int
    events: int = Field(description="Series of events, each counted once.")
    unreadable_events: int = Field(
        description="Events of a link's last reading that were malformed and left out."
    )
    last_synced_at: datetime | None = Field(description="When it was last read, or unchanged.")
    last_checked_at: datetime | None = Field(description="When a link was last tried.")
    next_refresh_at: datetime | None = Field(description="When a link is tried again.")
    last_error_code: LinkProblem | None = Field(description="Why a link's last try failed.")
    last_error: str | None = Field(description="The same as a sentence.")
    created_at: datetime
    version: int


class ConnectionsPage(Shape):
    """The user's connections."""

    items: list[ConnectionOut]
    next_cursor: str | None = None


class EventsQuery(Shape):
    """The occurrences of a span."""

    from_: When | None = Field(
        None, alias="from", description=f"Start; at most {MAX_SPAN_DAYS} days."
    )
    to: When | None = Field(None, description="End, not included.")
    calendar_id: UUID | None = Field(None, description="One calendar, selected or not.")
    cursor: str | None = None
    limit: int = Field(50, ge=1, le=1_000)


class EventOut(Shape):
    """One occurrence of an event, for its owner."""

    calendar_id: UUID
    event_id: UUID
    uid: str
    start: datetime
    end: datetime
    all_day: bool
    start_on: date | None = Field(description="First day, when all-day.")
    end_on: date | None = Field(description="Day after the last, when all-day.")
    zone: str | None = Field(description="Zone that the start was written in, when named.")
    busy: bool
    status: Literal["confirmed", "tentative", "cancelled"]
    private: bool
    title: str
    location: str


class EventsPage(Shape):
    """Occurrences by start."""

    items: list[EventOut]
    next_cursor: str | None


class SlotsQuery(ShortListQuery):
    """The span in which to look for free time."""

    from_: When | None = Field(
        None, alias="from", description=f"Start; at most {MAX_SPAN_DAYS} days."
    )
    to: When | None = Field(None, description="End, not included.")
    minutes: int | None = Field(
        None, ge=5, le=1440, description="Length of a slot; else the user's shortest."
    )
    zone: Zone | None = Field(None, description="Zone of dates in from and to; else the user's.")


class Slot(Shape):
    """A stretch of free time."""

    start: datetime
    end: datetime


class SlotsOut(Shape):
    """Free time: `free` are the whole spans, `items` slots of exactly the asked length.

    A page has some of the slots, and all of the spans.

    Slots of a span follow one another without overlap, the first on a quarter of an hour where
    one fits.
    """

    items: list[Slot]
    free: list[Slot]
    zone: str
    next_cursor: str | None = None
