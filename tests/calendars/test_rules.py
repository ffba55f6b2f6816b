from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from server.calendars.rules import free_intervals, slots
from server.lib.availability import NO_WINDOWS, Availability
from server.lib.intervals import Interval

BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = (((0, 1440),),) * 7


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def span(start: str, end: str) -> Interval:
    return Interval(at(start), at(end))


def free(availability: Availability, start: str, end: str, *busy: Interval) -> list[Interval]:
    return free_intervals(availability, BERLIN, busy, at(start), at(end))


def test_default_monday_is_free_in_the_evening():
    found = free(Availability(), "2026-03-02", "2026-03-03")

    assert found == [span("2026-03-02T18:00", "2026-03-02T21:00")]


def test_event_cuts_free_time_in_two():
    busy = span("2026-03-02T19:00", "2026-03-02T19:30")

    found = free(Availability(), "2026-03-02", "2026-03-03", busy)

    assert [each.minutes for each in found] == [60, 90]


def test_rest_shorter_than_the_minimum_slot_is_left_out():
    busy = span("2026-03-02T18:20", "2026-03-02T21:00")

    assert free(Availability(), "2026-03-02", "2026-03-03", busy) == []


def test_night_that_crosses_midnight_is_never_free():
    found = free(Availability(windows=ALWAYS), "2026-03-02", "2026-03-04")

    assert found == [
        span("2026-03-02T08:00", "2026-03-02T22:00"),
        span("2026-03-03T08:00", "2026-03-03T22:00"),
    ]


def test_commute_is_not_free():
    commute = (((18 * 60, 19 * 60),), *NO_WINDOWS[1:])

    found = free(Availability(commute=commute), "2026-03-02", "2026-03-03")

    assert found == [span("2026-03-02T19:00", "2026-03-02T21:00")]


def test_whole_day_has_25_hours_when_winter_begins():
    always = Availability(windows=ALWAYS, night=None)

    assert free(always, "2026-10-25", "2026-10-26")[0].minutes == 25 * 60


def test_window_inside_the_skipped_hour_is_empty():
    skipped = Availability(windows=(*NO_WINDOWS[:6], ((120, 180),)), night=None)

    assert free(skipped, "2026-03-29", "2026-03-30") == []


def test_slots_follow_one_another_from_the_quarter_of_an_hour():
    found = slots([span("2026-03-02T18:07", "2026-03-02T19:20")], 30)

    assert found == [
        span("2026-03-02T18:15", "2026-03-02T18:45"),
        span("2026-03-02T18:45", "2026-03-02T19:15"),
    ]


def test_slot_that_fits_only_off_the_quarter_is_still_given():
    assert len(slots([span("2026-03-02T18:07", "2026-03-02T18:37")], 30)) == 1


windows = st.tuples(st.integers(0, 47), st.integers(1, 48)).map(
    lambda pair: (min(pair) * 30, max(pair[0] + 1, pair[1]) * 30)
)
day = st.lists(windows, max_size=2).map(tuple)
week = st.tuples(*[day] * 7)
night = st.none() | st.tuples(st.integers(0, 1439), st.integers(0, 1439)).filter(
    lambda pair: pair[0] != pair[1]
)
# Around both changes of the clocks of 2026.
first_days = st.sampled_from(
    [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]
)
busy_times = st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 600)), max_size=5)


@given(week, week, night, first_days, busy_times, st.sampled_from(["Europe/Berlin", "UTC"]))
@settings(max_examples=60, deadline=None)
def test_free_time_keeps_every_promise(open_time, commute, night, start, busy, zone_name):
    zone = ZoneInfo(zone_name)
    availability = Availability(windows=open_time, commute=commute, night=night)
    taken = [
        Interval(start + timedelta(minutes=first), start + timedelta(minutes=first + length))
        for first, length in busy
    ]
    end = start + timedelta(days=3)

    found = free_intervals(availability, zone, taken, start, end)

    for each in found:
        assert start <= each.start < each.end <= end
        assert each.minutes >= availability.minimum_slot_minutes
        assert not any(each.overlaps(other) for other in taken)
        for minute in range(0, each.minutes, 10):
            local = (each.start + timedelta(minutes=minute)).astimezone(zone)
            clock = local.hour * 60 + local.minute
            assert any(a <= clock < b for a, b in open_time[local.weekday()])
            assert not any(a <= clock < b for a, b in commute[local.weekday()])
            assert night is None or not _in_night(clock, night)


def _in_night(clock: int, night: tuple[int, int]) -> bool:
    first, last = night
    return first <= clock < last if first < last else clock >= first or clock < last
