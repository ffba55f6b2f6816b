"""Calendars, their events, and the occurrences that block time."""

from piccolo.columns import Boolean, Bytea, Date, Integer, Text, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class CalendarConnection(Table, tablename="calendar_connections"):
    """Where calendars come from: an upload, a link, CalDAV, Google."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    provider = Varchar(length=10, help_text="upload, ics_link, caldav, google")
    name = Varchar(length=255)
    credential = Bytea(null=True, default=None, help_text="Encrypted: link, password, tokens.")
    sync_state = Bytea(null=True, default=None, help_text="Encrypted JSON: ETag, hash, sync token.")
    last_synced_at = instant(null=True)
    last_error_code = Varchar(length=40, null=True, default=None)
    last_checked_at = instant(null=True)
    next_refresh_at = instant(null=True)
    failures = Integer(default=0, help_text="Refreshes that failed since the last good one.")
    created_at = instant()
    version = version()


class Calendar(Table, tablename="calendars"):
    """One calendar of a connection; only selected ones count."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    connection_id = reference()
    external_id = Varchar(length=255, help_text="The provider's id, or the file's name.")
    name = Varchar(length=255)
    zone = Varchar(length=64, null=True, default=None, help_text="Zone of floating times.")
    is_selected = Boolean(default=True)
    expanded_from = instant(null=True)
    expanded_until = instant(null=True)
    created_at = instant()
    updated_at = instant()
    version = version()


class CalendarEvent(Table, tablename="calendar_events"):
    """One series (all components of a UID) as it came."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    calendar_id = reference()
    uid = Text(help_text="The UID, or a hash of the component where it has none.")
    component = Bytea(help_text="Encrypted iCalendar text of the series.")
    component_sha256 = Bytea(help_text="Tells whether a second import changes anything.")
    is_recurring = Boolean(default=False)
    first_start = instant()
    last_end = instant(null=True)


class CalendarOccurrence(Table, tablename="calendar_occurrences"):
    """One instance inside the calendar's expanded window."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    calendar_id = reference()
    event_id = reference()
    starts_at = instant()
    ends_at = instant()
    start_on = Date(null=True, default=None)
    end_on = Date(null=True, default=None, help_text="Exclusive, as in iCalendar.")
    is_all_day = Boolean(default=False)
    is_busy = Boolean(default=True)
    is_transparent = Boolean(default=False)
    is_private = Boolean(default=False)
    status = Varchar(length=9, default="confirmed")
    sequence = Integer(default=0)
    details = Bytea(null=True, default=None, help_text="Encrypted JSON: title, place, attendees.")
