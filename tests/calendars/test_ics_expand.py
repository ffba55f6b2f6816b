from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.calendars.ics_expand import expand
from tests.calendars.spans import YEAR, read, starts
from tests.calendars.texts import event

WEEKLY = (
    "DTSTART;TZID=Europe/Berlin:20260316T190000",
    "DURATION:PT1H",
    "RRULE:FREQ=WEEKLY;COUNT=4",
)


def test_weekly_event_keeps_its_wall_time_when_summer_begins():
    assert starts(event(*WEEKLY)) == ["03-16T18:00", "03-23T18:00", "03-30T17:00", "04-06T17:00"]


def test_weekly_event_keeps_its_wall_time_when_winter_begins():
    late = event("DTSTART;TZID=Europe/Berlin:20261019T190000", "RRULE:FREQ=WEEKLY;COUNT=2")

    assert starts(late) == ["10-19T17:00", "10-26T18:00"]


def test_time_that_the_clocks_skip_is_an_hour_later():
    skipped = event("DTSTART;TZID=Europe/Berlin:20260328T023000", "RRULE:FREQ=DAILY;COUNT=3")

    assert starts(skipped) == ["03-28T01:30", "03-29T01:30", "03-30T00:30"]


def test_exdate_in_another_zone_removes_its_instance():
    removed = event(*WEEKLY, "EXDATE;TZID=America/New_York:20260323T140000")

    assert "03-23T18:00" not in starts(removed)


def test_rdate_adds_an_instance_and_its_period_sets_the_length():
    (series,) = read(event(*WEEKLY, "RDATE;VALUE=PERIOD:20260501T100000Z/PT3H")).series

    extra = series.occurrences[-1]
    assert extra.ends_at - extra.starts_at == timedelta(hours=3)


def test_override_moves_one_instance_only():
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20260323T190000",
        "DTSTART;TZID=Europe/Berlin:20260324T200000",
        uid="a",
    )

    assert starts(event(*WEEKLY, uid="a"), moved) == [
        "03-16T18:00",
        "03-24T19:00",
        "03-30T17:00",
        "04-06T17:00",
    ]


def test_this_and_future_moves_the_rest():
    moved = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260330T190000",
        "DTSTART;TZID=Europe/Berlin:20260330T210000",
        "DURATION:PT1H",
        uid="a",
    )

    assert starts(event(*WEEKLY, uid="a"), moved)[2:] == ["03-30T19:00", "04-06T19:00"]


def test_all_day_event_has_dates_and_an_exclusive_end():
    (series,) = read(event("DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260503")).series

    (only,) = series.occurrences
    assert (only.start_on, only.end_on) == (date(2026, 5, 1), date(2026, 5, 3))
    assert f"{only.starts_at:%dT%H:%M}" == "30T22:00"


def test_floating_time_is_read_in_the_users_zone():
    floating = event("DTSTART:20260110T090000")

    assert starts(floating, zone="Asia/Tokyo") == ["01-10T00:00"]


@pytest.mark.parametrize(
    "tzid",
    [
        "W. Europe Standard Time",
        "/mozilla.org/20050126_1/Europe/Berlin",
        '"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"',
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
        "europe/berlin",
    ],
)
def test_zone_is_known_by_its_many_names(tzid):
    assert starts(event(f"DTSTART;TZID={tzid}:20260710T090000"), zone="UTC") == ["07-10T07:00"]


CUSTOM = (
    "BEGIN:VTIMEZONE\r\nTZID:{name}\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
    "TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE"
)


def test_zone_that_only_the_file_knows_is_taken_from_it():
    own = CUSTOM.format(name="Ship", offset="+0545")

    assert starts(own, event("DTSTART;TZID=Ship:20260110T090000")) == ["01-10T03:15"]


def test_zones_of_one_file_do_not_answer_for_another():
    starts(CUSTOM.format(name="Ship", offset="+0545"), event("DTSTART;TZID=Ship:20260110T090000"))

    other = CUSTOM.format(name="Ship", offset="-0300")
    assert starts(other, event("DTSTART;TZID=Ship:20260110T090000")) == ["01-10T12:00"]


def test_unknown_zone_is_read_as_local_time_and_said():
    (series,) = read(event("DTSTART;TZID=Nowhere:20260110T090000")).series

    assert series.remark is not None
    assert series.remark[0] == "unknown_zone"


def test_calendars_own_zone_holds_for_times_in_utc():
    daily = event("DTSTART:20260328T090000Z", "RRULE:FREQ=DAILY;COUNT=2")

    assert starts(daily, head=("X-WR-TIMEZONE:Europe/Berlin",)) == ["03-28T09:00", "03-29T08:00"]


@pytest.mark.parametrize(
    ("line", "busy", "status"),
    [
        ("TRANSP:TRANSPARENT", False, "confirmed"),
        ("STATUS:CANCELLED", False, "cancelled"),
        ("STATUS:TENTATIVE", True, "tentative"),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE", False, "confirmed"),
        ("SUMMARY:x", True, "confirmed"),
    ],
)
def test_event_is_busy_unless_it_says_otherwise(line, busy, status):
    (series,) = read(event("DTSTART:20260110T090000Z", "DURATION:PT1H", line)).series

    (only,) = series.occurrences
    assert (only.is_busy, only.status) == (busy, status)


def test_folded_and_escaped_title_is_read_whole():
    (series,) = read(event("DTSTART:20260110T090000Z", "SUMMARY:Tea\\, cake\r\n  and talk")).series

    assert series.occurrences[0].title == "Tea, cake and talk"


def test_stored_text_expands_to_the_same_instances():
    (series,) = read(event(*WEEKLY), head=("X-WR-TIMEZONE:Europe/Berlin",)).series

    again = expand(series.text, YEAR.start, YEAR.end, ZoneInfo("Europe/Berlin"))

    assert again == series.occurrences


def test_yearly_birthday_since_1604_has_one_instance():
    birthday = event("DTSTART;VALUE=DATE:16040805", "RRULE:FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=5")

    assert starts(birthday, zone="UTC") == ["08-05T00:00"]


def test_span_of_a_series_holds_all_its_instances():
    (series,) = read(event(*WEEKLY, "RDATE:20260901T100000Z")).series

    times = [each.starts_at for each in series.occurrences]
    assert series.first_start <= min(times)
    assert series.last_end is None or series.last_end >= max(times)
    assert isinstance(series.first_start, datetime)


def test_start_that_its_rule_does_not_give_is_left_out():
    unruled = event("DTSTART:20260107T090000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2")

    assert starts(unruled) == ["01-12T09:00", "01-19T09:00"]


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("20270328T013000", "PT2H", "03-28T02:30"),
        ("20270327T233000", "PT4H", "03-28T02:30"),
        ("20261024T233000", "PT4H", "10-25T01:30"),
        ("20270327T233000", "P1D", "03-28T21:30"),
    ],
)
def test_hours_of_a_duration_are_exact_and_days_are_the_calendars(start, length, end):
    (series,) = read(event(f"DTSTART;TZID=Europe/Berlin:{start}", f"DURATION:{length}")).series

    assert series.last_end is not None

    (found,) = expand(series.text, series.first_start, series.last_end, ZoneInfo("UTC"))

    assert f"{found.ends_at:%m-%dT%H:%M}" == end
