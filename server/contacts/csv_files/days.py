"""Days as people and programs write them in tables."""

import re

from server.contacts.vcard.dates import Day, read_day
from server.lib.dates import check_date

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero",
            "feb february februar fevrier febrero",
            "mar march marz mars marzo",
            "apr april avril abril",
            "may mai mayo",
            "jun june juni juin junio",
            "jul july juli juillet julio",
            "aug august aout agosto",
            "sep sept september septembre septiembre",
            "oct october okt oktober octobre octubre",
            "nov november novembre noviembre",
            "dec december dez dezember decembre diciembre",
        ),
        1,
    )
    for name in names.split()
}
NO_DAY = frozenset({"0/0/00", "00/00/00", "0/0/0000", "00/00/0000", "0000-00-00", "0"})
"""What Outlook and others write for "no date"."""

_CLOCK = r"(?:[T ]+\d{1,2}:\d\d(?::\d\d)?(?:\.\d+)?(?: ?[AaPp][Mm])?(?:Z|[+-]\d\d:?\d\d)?)?"
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?" + _CLOCK)
_DOTTED = re.compile(r"(\d{1,2})[.-] ?(\d{1,2})[.-] ?(\d{4})?" + _CLOCK)
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})" + _CLOCK)
_DAY_WORD = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.)? (?:of |de )?([^\W\d]+)\.?,?(?: (?:de )?(\d{4}))?"
)
_WORD_DAY = re.compile(r"([^\W\d]+)\.? (\d{1,2})(?:st|nd|rd|th)?,?(?: (\d{4}))?")
_ACCENTS = str.maketrans("äéûáó", "aeuao")


def read_written_day(text: str, *, day_first: bool | None) -> tuple[Day | None, bool]:
    """Read a date; return it, or None, and whether day and month could be the other way round.

    `day_first` says how the file writes slashes; where it does not tell, the month comes first.
    """
    text = " ".join(text.split())
    if day := read_day(text, ()):
        return day, False
    if found := _SLASHED.fullmatch(text):
        return _slashed(found, day_first)
    if found := _YEAR_FIRST.fullmatch(text):
        return _checked(found[1], found[2], found[3]), False
    if found := _DOTTED.fullmatch(text):
        return _checked(found[3], found[2], found[1]), False
    words = text.casefold().translate(_ACCENTS)
    if found := _DAY_WORD.fullmatch(words):
        return _checked(found[3], _MONTHS.get(found[2]), found[1]), False
    if found := _WORD_DAY.fullmatch(words):
        return _checked(found[3], _MONTHS.get(found[1]), found[2]), False
    return None, False


def day_of_parts(year: str, month: str, day: str) -> Day | None:
    """Read a date in three cells; the year may be empty or 0."""
    return _checked(year if year.strip("0 ") else None, month, day)


def _slashed(found: re.Match[str], day_first: bool | None) -> tuple[Day | None, bool]:
    first, second, year = found.groups()
    is_unclear = int(first) <= 12 and int(second) <= 12 and first != second
    if int(first) > 12 or (day_first and int(second) <= 12):
        first, second = second, first
    return _checked(year, first, second), is_unclear and day_first is None


def _checked(year: str | None, month: str | int | None, day: str) -> Day | None:
    try:
        found = (int(year) if year else None, int(month or 0), int(day))
        check_date(*found)
    except ValueError:
        return None
    return found
