"""Cities, countries and regions with their zones, read from cities.tsv without loading it.

The file is text, one row a line, sorted by its first column as bytes. A row is found by
bisection in the memory-mapped file: an idle server holds none of it, and pages that were read
belong to the system's cache. Source, licence and how to rebuild: docs/data/README.md.

The first character of a row says what it is:

    a KEY     areas (countries, regions) with that name: `DE`, `US.IL` …
    b KEY     areas with that abbreviation
    c AREA    English name, people in thousands, then ZONE=PLACE for each zone: its biggest city
    n KEY     ids of the places with that name, biggest first
    p ID      name, country, region code, zone, people in thousands
    z KEY     an IANA zone as it is spelt
"""

import mmap
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from server.lib.texts import search_key

_APOSTROPHES = dict.fromkeys(map(ord, "'`´‘’ʹʻʼʽʾʿ"))
_SHORT_FORMS = {"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount"}


@dataclass(frozen=True, slots=True)
class City:
    """One place: `country` is an ISO 3166 code, `region` GeoNames' code of its first level."""

    name: str
    country: str
    region: str
    zone: str
    thousands: int

    def is_in(self, area: str) -> bool:
        """Say whether the place lies in a country (`US`) or region (`US.IL`)."""
        return area in (self.country, f"{self.country}.{self.region}")


def place_words(text: str) -> list[str]:
    """Return the words of a place's name as they are compared: no case, accents, punctuation."""
    key = search_key(text.translate(_APOSTROPHES))
    spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in key)
    words = spaced.split()
    return [_SHORT_FORMS.get(word, word) for word in words[:-1]] + words[-1:]


def cities_named(words: list[str]) -> list[City]:
    """Return the places with that name, biggest first."""
    row = _row("n" + " ".join(words))
    return [city_by_id(place_id) for place_id in row[0].split()] if row else []


def city_by_id(place_id: str) -> City:
    """Return the place with an id that another row of the table names."""
    name, country, region, zone, thousands = _row("p" + place_id)
    return City(name, country, region, zone, int(thousands))


def areas_named(words: list[str]) -> list[str]:
    """Return the codes of the countries and regions with that name."""
    row = _row("a" + " ".join(words))
    return row[0].split() if row else []


def areas_abbreviated(words: list[str]) -> list[str]:
    """Return the codes of the countries and regions with that abbreviation."""
    row = _row("b" + " ".join(words))
    return row[0].split() if row else []


def area_name(area: str) -> str:
    """Return the English name of a country or region, or an empty text."""
    row = _row("c" + area)
    return row[0] if row else ""


def area_thousands(area: str) -> int:
    """Return how many thousands of people live in an area's places of 500 people or more."""
    return int(_row("c" + area)[1])


def area_zones(area: str) -> list[City]:
    """Return the biggest city of each zone of an area, biggest first.

    Zones with the same clock count as one. A zone without a city of its own in the table is
    given as a place named after it, of no people.
    """
    cities = []
    for entry in _row("c" + area)[2].split():
        zone, _, place_id = entry.partition("=")
        if place_id:
            cities.append(city_by_id(place_id))
        else:
            name = zone.rpartition("/")[2].replace("_", " ")
            country, _, region = area.partition(".")
            cities.append(City(name, country, region, zone, 0))
    return cities


def zone_spelt(text: str) -> str | None:
    """Return the IANA zone with that name, in its own spelling."""
    row = _row("z" + text.casefold().replace(" ", "_"))
    return row[0] if row else None


def _row(name: str) -> list[str]:
    """Return the columns after the first of the row with that first column, or nothing."""
    table = _table()
    wanted = name.encode("utf-8", "replace")
    low, high = 0, len(table)
    while low < high:
        start = table.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = table.find(b"\n", start)
        first, _, rest = table[start:end].partition(b"\t")
        if first == wanted:
            return rest.decode().split("\t")
        if first < wanted:
            low = end + 1
        else:
            high = start
    return []


@cache
def _table() -> mmap.mmap:
    with Path(__file__).with_name("cities.tsv").open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
