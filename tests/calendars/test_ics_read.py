from zoneinfo import ZoneInfo

import pytest

from server.calendars.ics_errors import NotACalendar
from server.calendars.ics_read import read_calendar
from tests.calendars.spans import YEAR, read
from tests.calendars.texts import calendar, event

GOOD = event("DTSTART:20260110T090000Z", "SUMMARY:Good", uid="good")
UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("SUMMARY:x",), "no_start"),
        (("DTSTART:20260230T090000Z",), "bad_time"),
        (("DTSTART:20260110T250000Z",), "bad_time"),
        (("DTSTART:00010110T090000Z",), "absurd_date"),
        (("DTSTART:20260110T090000Z", "DURATION:-PT1H"), "ends_before_start"),
        (("DTSTART:20260110T090000Z", "RRULE:FREQ=SOMETIMES"), "bad_rule"),
        (("DTSTART:20260110T090000Z", "RRULE:FREQ=DAILY;COUNT=0"), "bad_rule"),
        (("DTSTART:20260110T090000Z", "RRULE:FREQ=DAILY;INTERVAL=0"), "bad_rule"),
        (("DTSTART:20260110T090000Z", "RRULE:FREQ=YEARLY;BYMONTH=13"), "bad_rule"),
        (("DTSTART:20260110T090000Z", "RRULE:FREQ=MONTHLY;BYYEARDAY=5"), "bad_rule"),
        (("DTSTART:20260110T090000Z", "RRULE:FREQ=MONTHLY;BYMONTHDAY=0"), "bad_rule"),
        (("DTSTART:20000110T090000Z", "RRULE:FREQ=SECONDLY"), "too_dense"),
        (("DTSTART:20000110T090000Z", "RRULE:FREQ=MINUTELY;COUNT=9999999"), "too_dense"),
        (("DTSTART:20260110T090000Z", "SUMMARY:a\0b"), "null_byte"),
    ],
)
def test_malformed_event_fails_alone_with_a_reason(lines, code):
    parsed = read(GOOD, event(*lines))

    assert [series.uid for series in parsed.series] == ["good"]
    (bad,) = parsed.bad
    assert (bad.position, bad.code) == (2, code)
    assert bad.reason


def test_reason_names_the_line_and_never_quotes_the_event():
    text = calendar(event("SUMMARY:Secret", "DTSTART:20260230T090000Z", uid="x"))

    (bad,) = read_calendar(text.encode(), YEAR, floating_zone=UTC_ZONE).bad

    assert text.splitlines()[bad.line - 1].startswith("DTSTART")
    assert "Secret" not in bad.reason
    assert "20260230" not in bad.reason


def test_rule_that_never_matches_ends_at_once():
    never = event("DTSTART:20260110T090000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")

    (series,) = read(never).series

    assert len(series.occurrences) == 1


def test_event_without_its_end_line_is_listed_and_the_next_is_read():
    cut = "BEGIN:VEVENT\r\nUID:cut\r\nDTSTART:20260110T090000Z"

    parsed = read(cut, GOOD)

    assert [bad.code for bad in parsed.bad] == ["not_closed"]
    assert [series.uid for series in parsed.series] == ["good"]


def test_broken_override_leaves_the_series_standing():
    core = event("DTSTART:20260110T090000Z", "RRULE:FREQ=DAILY;COUNT=3", uid="a")
    broken = event("RECURRENCE-ID:20260111T090000Z", "DTSTART:nonsense", uid="a")

    parsed = read(core, broken)

    assert len(parsed.series[0].occurrences) == 3
    assert [bad.position for bad in parsed.bad] == [2]


def test_two_events_under_one_uid_are_not_lost_silently():
    parsed = read(GOOD, event("DTSTART:20260210T090000Z", uid="good"))

    assert [bad.code for bad in parsed.bad] == ["duplicate_uid"]


def test_event_without_uid_is_known_again():
    text = "BEGIN:VEVENT\r\nDTSTART:20260110T090000Z\r\nEND:VEVENT"

    assert read(text).series[0].uid == read(GOOD, text).series[1].uid


def test_new_time_stamp_alone_is_no_change():
    first = event("DTSTAMP:20260101T000000Z", "DTSTART:20260110T090000Z", uid="a")
    second = first.replace("20260101", "20260202")

    assert read(first).series[0].sha256 == read(second).series[0].sha256


def test_alarm_stays_inside_its_event():
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nSUMMARY:Ring\r\nEND:VALARM"

    (series,) = read(event("DTSTART:20260110T090000Z", alarm, "SUMMARY:Tea")).series

    assert "BEGIN:VALARM" in series.text
    assert series.occurrences[0].title == "Tea"


def test_other_components_are_counted():
    assert read(GOOD, "BEGIN:VTODO\r\nUID:t\r\nEND:VTODO").ignored == {"VTODO": 1}


def test_series_carries_only_the_zones_that_it_names():
    zone = "BEGIN:VTIMEZONE\r\nTZID:{}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
    zone += "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    named = event("DTSTART;TZID=Ship:20260110T090000")

    (series,) = read(zone.format("Ship"), zone.format("Moon"), named).series

    assert "TZID:Ship" in series.text
    assert "Moon" not in series.text


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\r\n", b"\n"),
        lambda data: data.replace(b"\r\n", b"\r"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.decode().encode("cp1252"),
        lambda data: data.replace(b"VERSION:2.0\r\nPRODID:-//tests//EN\r\n", b""),
        lambda data: data.replace(b"END:VCALENDAR\r\n", b""),
        lambda data: data + data.replace(b"UID:", b"UID:again-"),
    ],
)
def test_file_is_read_however_it_is_written(change):
    data = calendar(event("DTSTART:20260110T090000Z", "SUMMARY:Café")).encode()

    parsed = read_calendar(change(data), YEAR, floating_zone=UTC_ZONE)

    assert parsed.bad == []
    assert {each.title for s in parsed.series for each in s.occurrences} == {"Café"}


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"hello", b"BEGIN:VCARD\r\nEND:VCARD\r\n"])
def test_what_is_no_calendar_is_refused_whole(data):
    with pytest.raises(NotACalendar):
        read_calendar(data, YEAR, floating_zone=UTC_ZONE)


@pytest.mark.parametrize(
    "rule", ["FREQ=WEEKLY;COUNT=3;BYDAY=MO, TU,WE;", "FREQ=WEEKLY;COUNT=-1;UNTIL=20260114;BYDAY=MO"]
)
def test_rule_is_read_as_its_exporter_meant_it(rule):
    parsed = read(event("DTSTART;VALUE=DATE:20260112", f"RRULE:{rule}"))

    assert parsed.bad == []
    assert parsed.series[0].occurrences


def test_empty_rule_is_no_rule():
    assert read(event("DTSTART:20260110T090000Z", "RRULE:", "EXDATE:")).bad == []
