"""Free/busy cases (RFC 5545): a calendar's text, a span, the FREEBUSY lines that it gives."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from server.calendars.busy import busy_of
from server.calendars.ics_expand import Occurrence
from server.calendars.ics_read import read_calendar
from server.lib.interval_sets import clip, merge
from server.lib.intervals import Interval

Busy = dict[str, list[Interval]]


def check_freebusy(path: Path) -> list[str]:
    """Return a sentence for each case of the file at `path` that comes out otherwise."""
    cases = json.loads(path.read_text()) if path.is_file() else []
    # VAVAILABILITY (RFC 7953) is another standard, which we do not read.
    read = [case for case in cases if not case.get("vavailability")]
    return [
        f"freebusy {case['name']}: {ours} is not {case['expected']}"
        for case in read
        if (ours := _ours(case)) != _wanted(case)
    ]


def _ours(case: dict[str, Any]) -> Busy:
    span = Interval(*(_instant(text) for text in case["range"]))
    texts = case["input"] if isinstance(case["input"], list) else [case["input"]]
    zone = ZoneInfo(case.get("floating_zone") or "UTC")
    by_kind: dict[str, list[Occurrence]] = defaultdict(list)
    for text in texts:
        for series in read_calendar(text.encode(), span, floating_zone=zone).series:
            for each in series.occurrences:
                by_kind["BUSY-TENTATIVE" if each.status == "tentative" else "BUSY"].append(each)
    found = {
        kind: list(
            clip(busy_of(each, all_day_blocks=True, transparent_blocks=False), span.start, span.end)
        )
        for kind, each in by_kind.items()
    }
    return {kind: spans for kind, spans in found.items() if spans}


def _wanted(case: dict[str, Any]) -> Busy:
    found: Busy = defaultdict(list)
    for line in case["expected"]:
        head, _, value = line.partition(":")
        kind = head.partition("FBTYPE=")[2] or "BUSY"
        for period in value.split(","):
            start, _, end = period.partition("/")
            found[kind].append(Interval(_instant(start), _end(_instant(start), end)))
    return {kind: merge(spans) for kind, spans in found.items()}


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def _end(start: datetime, text: str) -> datetime:
    if not text.startswith("P"):
        return _instant(text)
    hours, _, minutes = text.removeprefix("PT").rstrip("M").partition("H")
    return start + timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
