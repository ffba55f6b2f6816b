"""Which country a phone number without a country code is of; a wrong guess calls a stranger."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from server.lib import phones

_NORTH_AMERICA = "US"
# Their numbers have an area code and an exchange of three digits, neither beginning with 0 or 1,
# and are parted nowhere else: (212) 555-0123, 212-555-0123.
_AS_IN_NORTH_AMERICA = re.compile(
    r"(?:1[ .-]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[.-])[2-9]\d\d[ .-]\d{4}(?: *(?:x|ext\.?|#) ?\d+)?",
    re.ASCII | re.IGNORECASE,
)
_FIRST_GROUP = re.compile(r"\W*(?:1\W+)?(\d*)", re.ASCII)
_AREA_CODE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Regions:
    """The countries (ISO 3166 codes) that a contact's national numbers may be of.

    `told` by where the contact lives, `hinted` by its numbers with a country code; `home` is the
    user's, None where it is not known.
    """

    told: tuple[str, ...]
    hinted: tuple[str, ...]
    home: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """`is_doubtful`: it could be a number of some country, and nobody can tell of which."""

    e164: str | None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _National:
    """A number as one country reads it; `lacks_trunk`: it is usually written with a 0 before it."""

    e164: str
    lacks_trunk: bool


@lru_cache(maxsize=4096)
def read_phone(text: str, regions: Regions) -> Reading:
    """Return the number in `text` as E.164, as the first of these that reads it as its own.

    Those who told, those who hinted, home unless somebody told; before home the United States
    where it is written as only North America does. A country whose numbers begin with a trunk 0
    does not read one without it. Two readings at once are none.
    """
    number = phones.international(text, regions.home)
    if number is not None:
        return Reading(number)
    for tier in (regions.told, regions.hinted):
        found = {national.e164 for each in tier if (national := _national(text, each))}
        if found:
            return Reading(found.pop()) if len(found) == 1 else Reading(None, is_doubtful=True)
    abroad = _north_american(text)
    home = None if regions.told or regions.home is None else _national(text, regions.home)
    if home is not None:
        if abroad in (None, home.e164) or not home.lacks_trunk:
            return Reading(home.e164)
    elif abroad and _is_known(regions):
        return Reading(abroad)
    return Reading(None, is_doubtful=_could_be_one(text, regions) or abroad is not None)


def regions_of_numbers(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the countries of those numbers that say theirs, in order, each once."""
    numbers = (phones.international(text, None) for text in texts)
    regions = (phones.region_of_e164(number) for number in numbers if number)
    return tuple(dict.fromkeys(region for region in regions if region))


def _national(text: str, region: str) -> _National | None:
    """Return the number as people in `region` write it, None if they would write it otherwise."""
    import phonenumbers

    e164 = phones.to_e164(text, region)
    if e164 is None:
        return None
    if phonenumbers.country_code_for_region(region) == 1:
        first = _FIRST_GROUP.match(text)
        is_theirs = first is None or not first[1] or len(first[1]) >= _AREA_CODE_DIGITS
        return _National(e164, lacks_trunk=False) if is_theirs else None
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True)
    shown = phonenumbers.format_number(
        phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.NATIONAL
    )
    if not trunk or not shown.lstrip("(").startswith(trunk):
        return _National(e164, lacks_trunk=False)
    has_letters = any(char.isalpha() for char in text)
    if not has_letters and phonenumbers.normalize_digits_only(text).startswith(trunk):
        return _National(e164, lacks_trunk=False)
    # It knows where the trunk may be left out, and takes no words for digits.
    matcher = phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.VALID)
    found = next(iter(matcher), None)
    if found is None or phones.written(found.number) != e164:
        return None
    return _National(e164, lacks_trunk=not found.raw_string.lstrip("(").startswith(trunk))


def _north_american(text: str) -> str | None:
    if not _AS_IN_NORTH_AMERICA.fullmatch(text.strip()):
        return None
    return phones.to_e164(text, _NORTH_AMERICA)


def _is_known(regions: Regions) -> bool:
    return bool(regions.told or regions.hinted or regions.home)


def _could_be_one(text: str, regions: Regions) -> bool:
    known = (*regions.told, *regions.hinted, regions.home)
    return any(phones.to_e164(text, region) for region in known if region)
