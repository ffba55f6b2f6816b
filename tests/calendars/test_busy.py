from datetime import UTC, datetime, timedelta

from server.calendars.busy import busy_of, clip, merge, subtract
from server.lib.intervals import Interval
from tests.calendars.spans import read
from tests.calendars.texts import event

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def span(first: int, last: int) -> Interval:
    return Interval(NOON + timedelta(minutes=first), NOON + timedelta(minutes=last))


def busy(*lines: str, all_day_blocks: bool = False, transparent_blocks: bool = False):
    (series,) = read(event(*lines)).series
    return busy_of(
        series.occurrences, all_day_blocks=all_day_blocks, transparent_blocks=transparent_blocks
    )


def test_touching_intervals_become_one():
    assert merge([span(30, 60), span(0, 30), span(90, 100)]) == [span(0, 60), span(90, 100)]


def test_what_is_taken_is_cut_out():
    assert list(subtract([span(0, 60)], [span(10, 20), span(50, 90)])) == [
        span(0, 10),
        span(20, 50),
    ]


def test_one_hole_reaches_over_several_intervals():
    assert list(subtract([span(0, 20), span(30, 60)], [span(10, 40)])) == [
        span(0, 10),
        span(40, 60),
    ]


def test_clipping_drops_what_lies_outside():
    inside = clip([span(0, 60), span(90, 99)], *(span(30, 80).start, span(30, 80).end))

    assert list(inside) == [span(30, 60)]


def test_tentative_event_takes_its_time():
    assert busy("DTSTART:20260302T120000Z", "DURATION:PT1H", "STATUS:TENTATIVE") == [span(0, 60)]


def test_event_without_length_takes_none():
    assert busy("DTSTART:20260302T120000Z") == []


def test_cancelled_event_takes_none_even_where_transparent_ones_do():
    lines = ("DTSTART:20260302T120000Z", "DURATION:PT1H", "STATUS:CANCELLED")

    assert busy(*lines, transparent_blocks=True) == []


def test_all_day_event_blocks_only_on_demand():
    lines = ("DTSTART;VALUE=DATE:20260302",)

    assert busy(*lines) == []
    assert [each.minutes for each in busy(*lines, all_day_blocks=True)] == [24 * 60]
