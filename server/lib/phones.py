"""Phone numbers as E.164 text, by libphonenumber's rules.

`phonenumbers` is imported inside the functions: it costs memory that an idle server saves.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# Longer texts are no phone numbers; libphonenumber itself gives up at 250 characters.
_MAX_LENGTH = 250


# A contact's numbers are read again with each edit of it, and reading one costs 0.2 ms.
@lru_cache(maxsize=4096)
def to_e164(text: str, region: str | None) -> str | None:
    """Return the valid number in `text` as E.164, or None; extensions are left out. Never raises.

    `region` (ISO 3166 code such as `DE`) reads national forms; without one, or with an unknown
    one, only international forms are understood.
    """
    if len(text) > _MAX_LENGTH:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return written(number)


@lru_cache(maxsize=4096)
def international(text: str, region: str | None) -> str | None:
    """Return the valid number in `text` as E.164 if it says its country, else None; never raises.

    It says so by `+`, or by what people in `region` dial before a country code (`00`, `011`).
    """
    import phonenumbers

    if len(text) > _MAX_LENGTH:
        return None
    try:
        number = phonenumbers.parse(text, region, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    said = (
        phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN,
        phonenumbers.CountryCodeSource.FROM_NUMBER_WITH_IDD,
    )
    if number.country_code_source not in said or not phonenumbers.is_valid_number(number):
        return None
    return written(number)


def written(number: "PhoneNumber") -> str:
    """Return a number as E.164, without its extension."""
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def region_of_e164(number: str) -> str | None:
    """Return the ISO 3166 code of a valid number's country, None where it has none (+800)."""
    import phonenumbers

    region = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    return None if region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else region


def may_take_sms(number: str) -> bool:
    """Say whether a valid number could be somebody's own: no hotline, and none that costs extra."""
    import phonenumbers

    kind = phonenumbers.PhoneNumberType
    return phonenumbers.number_type(phonenumbers.parse(number)) not in (
        *(kind.PREMIUM_RATE, kind.SHARED_COST, kind.TOLL_FREE, kind.UAN, kind.VOICEMAIL),
    )


def is_valid_e164(text: str) -> bool:
    """Say whether `text` is a valid number, written exactly as E.164. Never raises."""
    return _E164.fullmatch(text) is not None and to_e164(text, None) == text


def region_of_zone(zone: str) -> str | None:
    """Return the ISO 3166 code of the country of an IANA zone, or None where it has none.

    Old names of zones (`Asia/Calcutta`, which browsers still send) count as the new ones.
    Source: zone.tab, zone1970.tab and tzdata.zi of the tzdata package.
    """
    return _regions().get(zone)


@cache
def _regions() -> dict[str, str]:
    folder = files("tzdata") / "zoneinfo"
    regions = {zone: codes for codes, zone in _rows(folder / "zone.tab")}
    shared = {zone for codes, zone in _rows(folder / "zone1970.tab") if "," in codes}
    for line in (folder / "tzdata.zi").read_text("utf-8").splitlines():
        if line.startswith("L "):
            _, target, name = line.split()
            # A zone of several countries says nothing about its old names: Iceland is a link
            # to Africa/Abidjan.
            if target in regions and target not in shared:
                regions.setdefault(name, regions[target])
    return regions


def _rows(table: Traversable) -> Iterator[tuple[str, str]]:
    """Yield (ISO 3166 codes joined by commas, zone) of a tzdata table."""
    for line in table.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            codes, _, zone, *_ = line.split("\t")
            yield codes, zone
