from datetime import UTC, datetime, timedelta

from server.calendars.busy import busy_of
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
