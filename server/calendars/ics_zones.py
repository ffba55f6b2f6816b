"""TZIDs as time zones: IANA names, Windows names, names with a prefix, VTIMEZONEs."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from server.calendars.ics_errors import ICALENDAR_ERRORS

_MAX_TZID = 255
"""Windows' longest display name has 75 characters; the caches below hold whole names."""

_MAX_CHANGES = 500
"""Definitions with every change of a century have about 200 parts."""

_LOCATION = re.compile(r"^X-LIC-LOCATION[^:\r\n]*:([^\r\n]+)", re.M | re.I)
_TZID_LINE = re.compile(r"^TZID[^:\r\n]*:[^\r\n]*", re.M | re.I)
_OFTEN = re.compile(r"FREQ=(SECOND|MINUTE|HOUR|DAI|WEEK)LY", re.I)
_OFFSET = re.compile(r"(?:UTC|GMT)\s*([+-])(\d{1,2})(?::?(\d\d))?", re.I)
_DISPLAYED = re.compile(r"\((?:UTC|GMT)\s*(?:([+-])(\d\d):(\d\d))?\)\s*(.+)", re.I)
_NOT_CITIES = {
    "coordinated universal time": "UTC",
    "greenwich mean time": "Europe/London",
    "hawaii": "Pacific/Honolulu",
    "alaska": "America/Anchorage",
    "pacific time (us": "America/Los_Angeles",
    "arizona": "America/Phoenix",
    "mountain time (us": "America/Denver",
    "central time (us": "America/Chicago",
    "central america": "America/Guatemala",
    "eastern time (us": "America/New_York",
    "indiana (east)": "America/Indiana/Indianapolis",
    "atlantic time (canada)": "America/Halifax",
    "newfoundland": "America/St_Johns",
    "west central africa": "Africa/Lagos",
    "new delhi": "Asia/Kolkata",
    "beijing": "Asia/Shanghai",
}
"""Parts of Windows display names that are no city of the IANA names; all else is one."""


class Zones:
    """What the TZIDs of one calendar mean: well-known names first, then its own VTIMEZONEs."""

    def __init__(self, definitions: Mapping[str, str]) -> None:
        """Take the VTIMEZONEs by TZID, as iCalendar text."""
        self.definitions = definitions

    def find(self, tzid: str) -> tzinfo | None:
        """Return what `tzid` means, None when nobody knows.

        A well-known name beats a VTIMEZONE under that name: the definitions in files know
        this year's rules only.
        """
        if len(tzid) > _MAX_TZID:
            return None
        return named_zone(tzid) or displayed_zone(tzid) or self._defined(tzid)

    def _defined(self, tzid: str) -> tzinfo | None:
        text = self.definitions.get(tzid)
        if text is None:
            return None
        located = _LOCATION.search(text)
        return (named_zone(located[1]) if located else None) or defined_zone(text)


@lru_cache(maxsize=256)
def defined_zone(text: str) -> tzinfo | None:
    """Return the zone that a VTIMEZONE describes, None when it cannot be followed.

    icalendar keeps VTIMEZONEs by TZID for the whole process, where one user's could answer for
    another's; a name that it knows (UTC) keeps this one out of that table.
    """
    if text.count("BEGIN:") > _MAX_CHANGES or _OFTEN.search(text):
        return None
    try:
        component: Any = Timezone.from_ical(_TZID_LINE.sub("TZID:UTC", text))
        zone: tzinfo = component.to_tz(tzp, lookup_tzid=False)
        # It is read lazily: one use shows whether it can be.
        datetime(2024, 7, 1, tzinfo=zone).utcoffset()
    except ICALENDAR_ERRORS:
        return None
    return zone


@lru_cache(maxsize=1024)
def named_zone(tzid: str) -> tzinfo | None:
    """Return the zone that the name `tzid` stands for everywhere, None when it is no such name.

    Known are IANA and Windows names in any case, UTC+02:00, and names of which a part before
    a slash has to go, such as /mozilla.org/20050126_1/Europe/Berlin (RFC 5545, 3.2.19).
    """
    for name in _spellings(tzid.strip().strip('"').strip("/")):
        key = name.casefold()
        if known := _iana().get(key) or _windows().get(key):
            return ZoneInfo(known)
    if match := _OFFSET.fullmatch(tzid.strip()):
        return _fixed(match[1], int(match[2]), int(match[3] or 0))
    return None


def _spellings(tzid: str) -> Iterator[str]:
    yield tzid
    parts = tzid.split("/")
    for start in range(1, min(len(parts), 10)):
        yield "/".join(parts[start:])


def _fixed(sign: str, hours: int, minutes: int) -> tzinfo | None:
    if hours > 14 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if sign == "-" else 1)
    return timezone(offset)


@lru_cache(maxsize=256)
def displayed_zone(tzid: str) -> tzinfo | None:
    """Return the zone of a Windows display name: (UTC+01:00) Amsterdam, Berlin, Bern ...

    The first city that has a zone is taken, if that zone's winter (standard) offset is the
    one in the brackets.
    """
    match = _DISPLAYED.fullmatch(tzid.strip())
    if match is None:
        return None
    offset = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0))
    offset = -offset if match[1] == "-" else offset
    for place in re.split(r"[,&]", match[4].casefold()):
        name = _NOT_CITIES.get(place.strip()) or _cities().get(place.strip().replace(" ", "_"))
        if name and _standard_offset(ZoneInfo(name)) == offset:
            return ZoneInfo(name)
    return None


def _standard_offset(zone: tzinfo) -> timedelta:
    """Return the lesser of the offsets in January and July of a recent year."""
    offsets = (
        datetime(2024, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7)
    )
    return min(offset for offset in offsets if offset is not None)


@cache
def _iana() -> dict[str, str]:
    # These two mean whatever this machine was set to.
    names = {name.casefold(): name for name in available_timezones() - {"localtime", "Factory"}}
    return names | {"z": "UTC", "tzone://microsoft/utc": "UTC", "microsoft/utc": "UTC"}


@cache
def _windows() -> dict[str, str]:
    return {name.casefold(): zone for name, zone in WINDOWS_TO_OLSON.items()}


@cache
def _cities() -> dict[str, str]:
    return {name.rpartition("/")[2].casefold(): name for name in sorted(available_timezones())}
