"""Facts about calendar files, checked against what the API answers.

A folder `ics` holds files and `expected.json` (facts by file, see ics_facts.py), perhaps
`freebusy/cases.json` and `libical/rrule_instances.json`.
"""

import json
import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from quart.typing import TestClientProtocol

from server.calendars.ics_zones import named_zone
from tests.conformance.ics_facts import Instance, days_asked, disagreements
from tests.conformance.ics_freebusy import check_freebusy
from tests.factories import Member, make_member

QUICK_S = 10
_ZONES = (re.compile(rb"X-WR-TIMEZONE:([^\r\n]+)"), re.compile(rb"DTSTART;TZID=\"?([^:;\"\r\n]+)"))
_YEARS = re.compile(rb":((?:19|20)\d\d)[01]\d[0-3]\d")
_SPAN = timedelta(days=90)


async def check(data: Path, client: TestClientProtocol) -> list[str]:
    """Return a sentence for every fact under `data`/ics that the API does not agree with."""
    folder = data / "ics"
    problems = []
    expected = folder / "expected.json"
    facts = json.loads(expected.read_text()) if expected.is_file() else {}
    for path in sorted(folder.rglob("*.ics")):
        name = path.relative_to(folder).as_posix()
        problems += [f"{name}: {p}" for p in await _check_file(client, path, facts.get(name, {}))]
    problems += [
        f"{name}: there is no such file" for name in facts if not (folder / name).is_file()
    ]
    problems += await _check_rules(client, folder / "libical" / "rrule_instances.json")
    return problems + check_freebusy(folder / "freebusy" / "cases.json")


async def _check_file(client: TestClientProtocol, path: Path, facts: dict[str, Any]) -> list[str]:
    text = path.read_bytes()
    member = await make_member(zone=zone_of(text).key)
    started = time.monotonic()
    status, body = await _import(client, member, text)
    took = time.monotonic() - started
    problems = [f"took {took:.0f} s to import"] if took > QUICK_S else []
    if facts.get("malformed"):
        failed = status == 400 or (status == 200 and body["failed"] > 0)
        return problems if failed else [*problems, f"was taken though malformed ({status})"]
    if status != 200:
        return [*problems, f"import answered {status} {body.get('code')}"]
    if body["failed"] and facts:
        problems += [f"line {i['line']}: {i['reason']}" for i in body["items"] if i["reason"]]
    first, last = _reach(text, facts)
    found = await list_instances(client, member, first, last) if facts else []
    return problems + disagreements(facts, found)


async def _check_rules(client: TestClientProtocol, path: Path) -> list[str]:
    cases = json.loads(path.read_text()) if path.is_file() else []
    member = await make_member(zone="UTC")
    problems = []
    for number, case in enumerate(cases):
        lines = ("BEGIN:VEVENT", f"UID:rule{number}", _start(case), f"RRULE:{case['RRULE']}")
        text = "\r\n".join(("BEGIN:VCALENDAR", *lines, "END:VEVENT", "END:VCALENDAR", ""))
        status, body = await _import(client, member, text.encode())
        wanted = case.get("INSTANCES") or []
        if case.get("error") or not isinstance(wanted, list):
            if status == 200 and not body["failed"]:
                problems.append(f"{case['RRULE']}: was taken though invalid")
            continue
        if status != 200 or body["failed"]:
            problems.append(f"{case['RRULE']}: was refused")
            continue
        days = [date.fromisoformat(each[:8]) for each in [case["DTSTART"], *wanted]]
        found = await list_instances(client, member, min(days), max(days))
        starts = [f"{each.start:%Y%m%dT%H%M%S}" for each in found]
        if starts != [_digits(each) for each in wanted]:
            problems.append(f"{case['RRULE']}: {starts[:5]} … are not {wanted[:5]} …")
    return problems


def _start(case: dict[str, Any]) -> str:
    kind = "" if "T" in case["DTSTART"] else ";VALUE=DATE"
    return f"DTSTART{kind}:{case['DTSTART']}"


def _digits(text: str) -> str:
    return text.rstrip("Z") if "T" in text else f"{text}T000000"


async def _import(
    client: TestClientProtocol, member: Member, text: bytes
) -> tuple[int, dict[str, Any]]:
    reply = await client.post(
        "/api/calendars/import",
        data=text,
        headers=member.headers | {"Content-Type": "text/calendar"},
        query_string={"name": "conformance"},
    )
    return reply.status_code, await reply.get_json()


async def list_instances(
    client: TestClientProtocol, member: Member, first: date, last: date
) -> list[Instance]:
    """Return all of the member's occurrences that touch the days `first` to `last`, by start."""
    found: dict[tuple[Any, ...], Instance] = {}
    start = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=2)
    while start < end:
        cursor: dict[str, str] = {}
        while True:
            reply = await client.get(
                "/api/calendars/events",
                headers=member.headers,
                query_string={
                    "from": start.isoformat(),
                    "to": min(start + _SPAN, end).isoformat(),
                    "limit": 1000,
                    **cursor,
                },
            )
            page = await reply.get_json()
            for item in page["items"]:
                each = Instance.of(item)
                found[item["event_id"], item["start"], item["end"], item["title"]] = each
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        start += _SPAN
    return sorted(found.values(), key=lambda each: each.start)


def zone_of(text: bytes) -> ZoneInfo:
    """Return the zone that a file means its times in: its own word, else its first event's."""
    for pattern in _ZONES:
        found = pattern.search(text)
        zone = named_zone(found[1].decode("utf-8", "replace").strip()) if found else None
        if isinstance(zone, ZoneInfo):
            return zone
    return ZoneInfo("UTC")


def _reach(text: bytes, facts: dict[str, Any]) -> tuple[date, date]:
    """Return the days between which the facts lie; for totals all years that the file names."""
    days = days_asked(facts)
    if days and not {"total", "starts", "start"} & set(facts):
        return min(days), max(days)
    years = [int(year) for year in _YEARS.findall(text)] or [2000]
    after = 2 if b"RRULE" in text else 0
    return date(max(min(years), 1990), 1, 1), date(min(max(years) + after, 2045), 12, 31)
