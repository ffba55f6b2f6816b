"""Days of the year in vCard: BDAY, ANNIVERSARY and Apple's X-ABDATE.

Source: RFC 6350, 4.3 and 6.2.5; RFC 2426, 3.1.5; Apple's X-APPLE-OMIT-YEAR.
"""

import re

from server.contacts.vcard.card import Params
from server.contacts.vcard.params import values_of
from server.lib.dates import check_date

_TIME = r"(?:[T ](?P<time>.*))?"
_FULL = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d?)-(?P<day>\d\d?)|(?P<month_>\d\d)(?P<day_>\d\d))" + _TIME,
    re.ASCII,
)
_NO_YEAR = re.compile(r"--(?P<month>\d\d)-?(?P<day>\d\d)" + _TIME, re.ASCII)
_CLOCK = re.compile(r"[\d:.]+(?:Z|[+-][\d:]+)?", re.ASCII)

APPLE_NO_YEAR = 1604
"""Apple's year for "unknown": a leap year, so that February 29 exists."""

Day = tuple[int | None, int, int]
"""Year (None: not known), month, day."""


def read_day(value: str, params: Params) -> Day | None:
    """Read a date in any form of vCard 2.1 to 4.0, with or without a year and a time.

    Returns None for what names no day of the year: a month alone, a text, the 30th of February.
    """
    value = value.strip()
    found = _FULL.fullmatch(value) or _NO_YEAR.fullmatch(value)
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["year"]) if parts.get("year") else None
    omitted = (APPLE_NO_YEAR, *map(_number, values_of(params, "X-APPLE-OMIT-YEAR")), 0)
    if year in omitted:
        year = None
    day = (year, int(parts["month"] or parts["month_"]), int(parts["day"] or parts["day_"]))
    return day if _exists(day) else None


def time_of(value: str) -> str:
    """Return the time behind a date that `read_day` understood, as 4.0 writes it, or nothing."""
    found = _FULL.fullmatch(value.strip()) or _NO_YEAR.fullmatch(value.strip())
    time = found["time"] if found else ""
    return time.replace(":", "") if time and _CLOCK.fullmatch(time) else ""


def write_day(day: Day) -> str:
    """Write a date as BDAY and ANNIVERSARY of 4.0 have it: `19850407`, or `--0407`."""
    year, month, on = day
    return f"--{month:02}{on:02}" if year is None else f"{year:04}{month:02}{on:02}"


def write_apple_day(day: Day) -> tuple[Params, str]:
    """Write a date as Apple's X-ABDATE has it: parameters and value."""
    year, month, on = day
    if year is not None:
        return (), f"{year:04}-{month:02}-{on:02}"
    omitted: Params = (("X-APPLE-OMIT-YEAR", (str(APPLE_NO_YEAR),)),)
    return omitted, f"{APPLE_NO_YEAR}-{month:02}-{on:02}"


def _exists(day: Day) -> bool:
    year, month, on = day
    try:
        # Refuses, among others, what programs write for "no date": the years 1, 1601, 4501.
        check_date(year, month, on)
    except ValueError:
        return False
    return True


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
