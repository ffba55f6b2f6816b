"""Contacts and slots of our own making for the tests of the engine."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st

from server.lib.cadence import Cadence, CadenceSource
from server.lib.intervals import Interval
from server.suggestions.candidates import (
    Answer,
    Candidate,
    ImportantDate,
    OpenSuggestion,
    PreferredWay,
)
from server.suggestions.states import OPEN_STATES, DismissReason

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
TOKYO = ZoneInfo("Asia/Tokyo")
KATHMANDU = ZoneInfo("Asia/Kathmandu")

# A Monday, 13:00 in Berlin.
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

# Generated cases: few enough to stay quick, and never failed for being slow.
quick = settings(max_examples=40, deadline=None)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def every(days: int | None) -> Cadence:
    return Cadence(days, CadenceSource.CONTACT)


def a_candidate(number: int = 1, **facts: Any) -> Candidate:
    """A contact added a year ago who should be talked to every 30 days."""
    return Candidate(
        **{
            "contact_id": UUID(int=number),
            "cadence": every(30),
            "added_at": days_ago(365),
            **facts,
        }
    )


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026 (Monday the 23rd is NOW)."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def slot(day: int, hour: int, minute: int = 0, minutes: int = 30) -> Interval:
    start = utc(day, hour, minute)
    return Interval(start, start + timedelta(minutes=minutes))


# Counted up from long ago: Hypothesis likes small numbers, and most contacts should be due.
past = st.integers(0, 500 * 24).map(lambda hours: days_ago(500) + timedelta(hours=hours))
future = st.integers(1, 40 * 24).map(lambda hours: NOW + timedelta(hours=hours))

answers = st.builds(
    Answer,
    at=past,
    dismissed=st.none() | st.sampled_from(DismissReason),
    about_on=st.none() | past.map(datetime.date),
)

dates = st.builds(
    ImportantDate,
    label=st.sampled_from(["birthday", "wedding"]),
    month=st.integers(1, 12),
    day=st.integers(1, 28),
    year=st.none() | st.integers(1930, 2030),
)


@st.composite
def candidates(draw: st.DrawFn, number: int = 1) -> Candidate:
    """Any contact at all, most of them due and with nothing in the way."""
    talks = draw(st.lists(past, max_size=6))
    rarely = st.sampled_from([False] * 19 + [True])
    opened = st.builds(OpenSuggestion, st.sampled_from(sorted(OPEN_STATES)), st.booleans(), future)
    return a_candidate(
        number,
        cadence=every(draw(st.sampled_from([30, 7, 1, 365, None]))),
        added_at=draw(past),
        last_confirmed_at=max(talks, default=None),
        talks=tuple(talks),
        planned_at=draw(future) if draw(rarely) else None,
        archived=draw(rarely),
        paused_until=draw(past | future) if draw(rarely) else None,
        never_suggest=draw(rarely),
        open=draw(opened) if draw(rarely) else None,
        circle=draw(st.sampled_from([None, "inner", "close", "active", "casual"])),
        group_names=draw(st.sampled_from([(), ("Friends",), ("Close Friends", "Friends")])),
        dates=tuple(draw(st.lists(dates, max_size=2))),
        answers=tuple(draw(st.lists(answers, max_size=4))),
        zone=draw(st.sampled_from([None, BERLIN, NEW_YORK, TOKYO, KATHMANDU])),
        has_place=draw(st.booleans()),
        same_city=draw(st.sampled_from([None, True, False])),
        preferred_way=draw(st.none() | st.sampled_from(PreferredWay)),
    )


@st.composite
def circles_of_people(draw: st.DrawFn) -> list[Candidate]:
    """Three to twelve contacts, each with an id of its own."""
    return [draw(candidates(number)) for number in range(draw(st.integers(3, 12)))]


@st.composite
def free_times(draw: st.DrawFn) -> list[Interval]:
    """Free spans of a fortnight that do not overlap, some of them over before NOW."""
    spans = []
    at = NOW - timedelta(days=1)
    lengths = st.tuples(st.integers(1, 60), st.integers(1, 20))
    for gap, length in draw(st.lists(lengths, min_size=4, max_size=12)):
        start = at + timedelta(minutes=30 * gap)
        at = start + timedelta(minutes=17 * length)
        spans.append(Interval(start, at))
    return spans
