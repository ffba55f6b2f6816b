"""From the words that people write for a place to its IANA zone; never a silent guess.

City data © GeoNames, CC BY 4.0 (docs/data/README.md).
"""

import re
from dataclasses import dataclass, replace

from server.lib import city_table
from server.lib.city_table import City

MAX_CANDIDATES = 10
# Longer texts, parts and lists of parts are no places; the limits also bound the time.
_MAX_LENGTH = 300
_MAX_PARTS = 10
_MAX_WORDS = 8

_SEPARATORS = re.compile(r"[,;|/()\[\]\n\r،、，；]|\s[-–—·]\s")
_DUTCH_POSTCODE = re.compile(r"\b\d{4}\s?[A-Z]{2}\b")


@dataclass(frozen=True, slots=True)
class Place:
    """One possible meaning: names in English where GeoNames has them, `country` ISO 3166."""

    city: str
    region: str
    country: str
    country_name: str
    zone: str


@dataclass(frozen=True, slots=True)
class ZoneFound:
    """Every meaning of the text is in `zone`; without a city where it names an area only."""

    zone: str
    city: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class ZoneAmbiguous:
    """The text has meanings in several zones: at most `MAX_CANDIDATES`, biggest first."""

    candidates: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ZoneUnknown:
    """The text names no place that the table has."""


ZoneGuess = ZoneFound | ZoneAmbiguous | ZoneUnknown


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One part of the text with its meanings; areas are codes such as `US` or `US.IL`."""

    words: list[str]
    cities: list[City]
    areas: list[str]
    abbreviated: list[str]

    def __bool__(self) -> bool:
        return bool(self.cities or self.areas or self.abbreviated)

    def has_places(self) -> bool:
        """Say whether it stands for more than an abbreviation, which only qualifies."""
        return bool(self.cities or self.areas)

    def own(self, cities: list[City]) -> list[City]:
        """Return those that bear the name itself: others are also, or once were, so called."""
        return [city for city in cities if city_table.place_words(city.name) == self.words]

    def decides(self) -> bool:
        """Say whether it names a country, or a region that is not a city as well."""
        return not self.cities or any("." not in area for area in self.areas)


def find_zone(place: str) -> ZoneGuess:
    """Return the zone that `place` names: a city, an address, a country or region, a zone.

    A name with places in several zones is ambiguous however big one of them is, unless the text
    also says the country or region (`London, Ontario`, `Portland OR`). A country or region
    alone, or beside a place that the table lacks, is enough where it has one clock. Countries
    are understood by name in the major languages and their own, and by ISO code; regions by
    GeoNames' name, those of Australia, Brazil, Britain, Canada, Mexico and the USA also by code.
    Case, accents and punctuation do not matter. Never raises.
    """
    text = place.strip()
    if not text or len(text) > _MAX_LENGTH:
        return ZoneUnknown()
    if zone := city_table.zone_spelt(text):
        return ZoneFound(zone, city=None, country=None)
    return _resolve(_phrases(text))


def find_country(name: str) -> str | None:
    """Return the ISO 3166 code of the country that `name` is, or of its one region so called.

    None for none and for several. Never raises.
    """
    if len(name) > _MAX_LENGTH:
        return None
    words = city_table.place_words(name)
    areas = city_table.areas_named(words) or city_table.areas_abbreviated(words)
    whole = [area for area in areas if "." not in area]
    countries = {area.partition(".")[0] for area in whole or areas}
    return countries.pop() if len(countries) == 1 else None


def _phrases(text: str) -> list[_Phrase]:
    """Return the parts of `text` that mean something, most specific first, as people write."""
    if whole := _phrase(city_table.place_words(text)):
        return [whole]
    first, *others = [part for part in _SEPARATORS.split(text) if part.strip()] or [""]
    phrases = [phrase for part in others[-_MAX_PARTS:] for phrase in _phrases_of_part(part)]
    # In `Smalltown, VA` the second part is Virginia, not a city of that name in Ghana.
    areas = [replace(phrase, cities=[]) if phrase.abbreviated else phrase for phrase in phrases]
    return [*_phrases_of_part(first), *areas]


def _phrases_of_part(part: str) -> list[_Phrase]:
    if whole := _phrase(city_table.place_words(part)):
        return [whole]  # before digits go: 6th of October is a city
    named = _DUTCH_POSTCODE.sub(" ", part).split()
    bare = " ".join(word for word in named if not any(c.isdigit() for c in word))
    return _peel(city_table.place_words(bare)[-_MAX_WORDS:])


def _peel(words: list[str]) -> list[_Phrase]:
    """Split areas off the end where no comma does: `portland or usa` is three phrases."""
    if whole := _phrase(words):
        return [whole]
    for at in range(1, len(words)):
        tail = words[at:]
        areas, abbreviated = city_table.areas_named(tail), city_table.areas_abbreviated(tail)
        if areas or abbreviated:
            area = _Phrase(tail, [], areas, abbreviated)
            head = _peel(words[:at])
            if any(_narrow(phrase, [area]).has_places() for phrase in head):
                return [*head, area]
    return []


def _phrase(words: list[str]) -> _Phrase:
    return _Phrase(
        words,
        city_table.cities_named(words),
        city_table.areas_named(words),
        city_table.areas_abbreviated(words),
    )


def _resolve(phrases: list[_Phrase]) -> ZoneGuess:
    """Read from the right: each phrase narrows down what the ones before it can mean."""
    narrowed: list[_Phrase] = []
    for phrase in reversed(phrases):
        narrowed.insert(0, _narrow(phrase, narrowed))
    lost = any(map(_is_lost, phrases, narrowed))
    if lost and not any(phrase.decides() for phrase in phrases):
        # Two cities that contradict each other: one of them is meant.
        return _conclude([city for phrase in phrases for city in phrase.cities])
    seen_area = False
    for phrase in narrowed:
        # In `Georgia, USA` the second part is no city, though Usa in Japan is one.
        if phrase.cities and not (seen_area and phrase.areas):
            return _conclude(phrase.cities, _cities_of(_namesakes(phrase)))
        seen_area = seen_area or bool(phrase.areas)
    for phrase in narrowed:
        if phrase.areas:
            return _conclude([], _cities_of(phrase.areas))
    return ZoneUnknown()


def _narrow(phrase: _Phrase, later: list[_Phrase]) -> _Phrase:
    """Keep the meanings of `phrase` that agree with what stands after it."""
    cities = phrase.cities
    for other in filter(None, later):
        areas = other.areas + other.abbreviated
        inside = [city for city in cities if any(city.is_in(area) for area in areas)]
        near = [city for city in cities if _is_near(city, other.cities)]
        # `Salem, Oregon` is in the state rather than next to Oregon, Ohio.
        cities = phrase.own(inside) or inside or near
    areas = [a for a in phrase.areas if all(_overlaps(a, other) for other in later)]
    short = [a for a in phrase.abbreviated if all(_overlaps(a, other) for other in later)]
    if any(other.areas for other in later):
        areas, short = areas + short, []  # VT, USA is as good as Vermont
    return _Phrase(phrase.words, cities, areas, short)


def _is_near(city: City, others: list[City]) -> bool:
    return any((city.country, city.zone) == (other.country, other.zone) for other in others)


def _overlaps(area: str, phrase: _Phrase) -> bool:
    if not phrase:
        return True
    others = phrase.areas + phrase.abbreviated
    inside = any(f"{area}.".startswith(f"{o}.") or f"{o}.".startswith(f"{area}.") for o in others)
    return inside or any(city.is_in(area) for city in phrase.cities)


def _is_lost(phrase: _Phrase, narrowed: _Phrase) -> bool:
    return bool(phrase.cities) and not narrowed.has_places()


def _namesakes(phrase: _Phrase) -> list[str]:
    """Return the areas that are called like the cities of `phrase` but are not theirs.

    Ontario is a city in California, too; Chihuahua lies in Chihuahua. And nobody who writes
    Sofia means a region of Madagascar: an area counts where it is bigger than its namesake.
    """
    own = phrase.own(phrase.cities)
    people = max(city.thousands for city in phrase.cities)
    return [
        area
        for area in phrase.areas + phrase.abbreviated
        if city_table.area_thousands(area) > people and not any(city.is_in(area) for city in own)
    ]


def _cities_of(areas: list[str]) -> list[City]:
    return [city for area in areas for city in city_table.area_zones(area)]


def _conclude(named: list[City], of_areas: list[City] | None = None) -> ZoneGuess:
    """Return what cities that were named, and those that stand for areas, have in common."""
    cities = sorted(dict.fromkeys([*named, *(of_areas or [])]), key=lambda city: -city.thousands)
    if len({city.zone for city in cities}) == 1:
        city = named[0].name if named else None
        return ZoneFound(cities[0].zone, city, cities[0].country)
    return ZoneAmbiguous(tuple(_place(city) for city in cities[:MAX_CANDIDATES]))


def _place(city: City) -> Place:
    return Place(
        city=city.name,
        region=city_table.area_name(f"{city.country}.{city.region}"),
        country=city.country,
        country_name=city_table.area_name(city.country),
        zone=city.zone,
    )
