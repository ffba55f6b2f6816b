"""Facts about names, places, phones and addresses, checked against what the API makes of them.

A folder `text` may hold cities_clear.json, cities_ambiguous.json, phones_by_region.json,
names_by_locale.json, blns*.json (strings that break programs) and addresses.json.
"""

import json
import unicodedata
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from quart.typing import TestClientProtocol

from server.lib.phones import region_of_zone
from tests.conformance.say import say
from tests.factories import Member, make_member

Reply = tuple[int, dict[str, Any]]
Post = Callable[[dict[str, Any]], Awaitable[Reply]]
# Where a country has none, its numbers are understood in their international form only.
_NOWHERE = "Etc/UTC"
_LONGEST_NAME = 255


async def check(data: Path, client: TestClientProtocol) -> list[str]:
    """Return a sentence for every fact under `data`/text that the API does not agree with."""
    member = await make_member(zone=_NOWHERE)

    async def post(body: dict[str, Any]) -> Reply:
        return await _post(client, member, body)

    problems = []
    for path in sorted((data / "text").glob("*.json")):
        checker = next((c for stem, c in _CHECKS.items() if path.stem.startswith(stem)), None)
        if checker is None:
            say(f"text: nothing known about {path.name}")
            continue
        cases = json.loads(path.read_text())
        found = await checker(cases, post)
        say(f"text: {path.name}: {len(cases)} cases, {len(found)} disagreements")
        problems += [f"{path.name}: {problem}" for problem in found]
    return problems


async def _post(client: TestClientProtocol, member: Member, body: dict[str, Any]) -> Reply:
    reply = await client.post("/api/contacts", json=body, headers=member.headers)
    return reply.status_code, await reply.get_json()


async def _clear_cities(cases: list[dict[str, Any]], post: Post) -> list[str]:
    """A city that is one city only gives its zone."""
    problems = []
    for case in cases:
        for place in (case["name"], f"{case['name']}, {case['countrycode']}"):
            _, contact = await post({"name": "Ben", "location": place})
            if contact.get("zone") != case["timezone"]:
                problems.append(f"{place}: zone {contact.get('zone')}, not {case['timezone']}")
    return problems


async def _ambiguous_cities(cases: list[dict[str, Any]], post: Post) -> list[str]:
    """A name of cities in several zones gives none, and the question names every one of them."""
    problems = []
    for case in cases:
        _, contact = await post({"name": "Ben", "location": case["name"]})
        question = contact.get("zone_question") or {}
        asked = {place["zone"] for place in question.get("candidates", ())}
        wanted = {place["timezone"] for place in case["candidates"]}
        if contact.get("zone") or question.get("reason") != "ambiguous":
            problems.append(f"{case['name']}: zone {contact.get('zone')}, {question.get('reason')}")
        elif not wanted <= asked:
            problems.append(f"{case['name']}: not asked about {sorted(wanted - asked)}")
    return problems


async def _phones(cases: list[dict[str, Any]], post: Post) -> list[str]:
    """National forms are read as those of the contact's country; a wrong number stays as typed."""
    problems = []
    for case in cases:
        zone = _zones().get(case["region"])
        wanted: list[tuple[str, str | None]] = []
        for kind in ("fixed", "mobile"):
            number = case.get(kind) or {}
            e164 = number.get("e164") if number.get("valid") else None
            forms = ("national", "international", "e164")[0 if zone else 1 :]
            wanted += [(number[form], e164) for form in forms if form in number]
        if case.get("invalid_e164"):
            wanted.append((case["invalid_e164"], None))
        phones = [{"value": text} for text, _ in wanted]
        status, contact = await post({"name": "Ben", "zone": zone, "phones": phones})
        if status != 201:
            problems.append(f"{case['region']}: answered {status}")
            continue
        for phone, (text, e164) in zip(contact["phones"], wanted, strict=True):
            if phone["value"] != text or phone["normalised"] != e164:
                problems.append(f"{case['region']}: {text} is {phone['normalised']}, not {e164}")
    return problems


async def _names(cases: dict[str, list[str]], post: Post) -> list[str]:
    """Every name comes back as it was given."""
    problems = []
    for locale, names in cases.items():
        for name in names:
            problems += [f"{locale}: {p}" for p in await _comes_back(name, post, must=True)]
    return problems


async def _strings(cases: list[str], post: Post) -> list[str]:
    """Every string comes back as it was given, or is refused by name; nothing breaks."""
    problems = []
    for text in cases:
        problems += await _comes_back(text, post, must=False)
    return problems


async def _comes_back(text: str, post: Post, *, must: bool) -> list[str]:
    plain = unicodedata.normalize("NFC", text.strip())
    status, contact = await post({"name": text, "notes": text, "organisation": text})
    if status == 201:
        if contact["name"] != plain or not 0 < len(plain) <= _LONGEST_NAME:
            return [f"{text[:60]!r} came back as {contact['name'][:60]!r}"]
        return []
    fields = {each["field"] for each in contact.get("errors", ())}
    if status != 400 or must or not fields & {"name", "notes", "organisation"}:
        return [f"{text[:60]!r}: answered {status}, naming {sorted(fields)}"]
    return []


async def _addresses(cases: list[dict[str, Any]], post: Post) -> list[str]:
    """Parts and printed lines come back as given; without lines, the parts make them."""
    problems = []
    for case in cases:
        known = case["components"]
        names = {"locality": "city", "region": "state", "country": "country"}
        parts = {ours: known[theirs] for ours, theirs in names.items() if theirs in known}
        parts["postal_code"] = known.get("postcode", "")
        parts["street"] = " ".join(known[x] for x in ("house_number", "road") if x in known)
        given = {key: value for key, value in parts.items() if value}
        lines = "\n".join(case["formatted"])
        status, contact = await post(
            {"name": "Ben", "addresses": [given | {"value": lines}, given]}
        )
        if status != 201:
            problems.append(f"{case['description']}: answered {status}")
            continue
        printed, made = contact["addresses"]
        if printed["value"] != unicodedata.normalize("NFC", lines):
            problems.append(f"{case['description']}: its lines came back otherwise")
        for key, value in given.items():
            if (
                printed[key] != unicodedata.normalize("NFC", value)
                or printed[key] not in made["value"]
            ):
                problems.append(f"{case['description']}: {key} got lost")
    return problems


@cache
def _zones() -> dict[str, str]:
    """Return one zone of each country that has any."""
    zones: dict[str, str] = {}
    for zone in sorted(available_timezones()):
        if region := region_of_zone(zone):
            zones.setdefault(region, zone)
    return zones


_CHECKS: dict[str, Callable[[Any, Post], Awaitable[list[str]]]] = {
    "addresses": _addresses,
    "blns": _strings,
    "cities_ambiguous": _ambiguous_cities,
    "cities_clear": _clear_cities,
    "names_by_locale": _names,
    "phones_by_region": _phones,
}
