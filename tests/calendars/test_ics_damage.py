from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from server.calendars.ics_errors import NotACalendar
from server.calendars.ics_read import read_calendar
from tests.calendars.spans import YEAR
from tests.calendars.texts import calendar, event

TEXT = calendar(
    event(
        "DTSTART;TZID=Europe/Berlin:20260110T100000",
        "DTEND;TZID=Europe/Berlin:20260110T110000",
        "RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO,-1FR;BYSETPOS=1;COUNT=20;WKST=SU",
        "EXDATE;TZID=Europe/Berlin:20260210T100000",
        "RDATE;VALUE=PERIOD:20260410T100000Z/PT2H",
        uid="a",
    ),
    event("RECURRENCE-ID:20260302T090000Z", "DTSTART;VALUE=DATE:20260303", uid="a"),
).encode()
PIECES = [
    *(b"", b"0", b"-1", b"99999999999", b"00010101T000000", b"99991231T235959Z", b"SECONDLY"),
    *(b";", b":", b",", b'"', b"P9999999999D", b"T", b"20260230", b"BYMONTH=2;BYMONTHDAY=30"),
    *(b"UNTIL=T1", b"VALUE=TIME", b"\xff", b"\0", b"\r\n", b"BEGIN:VEVENT\r\n", b"INTERVAL=0"),
]


@given(
    st.lists(
        st.tuples(st.integers(0, len(TEXT)), st.integers(0, 20), st.sampled_from(PIECES)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=150, deadline=None)
def test_damaged_file_never_breaks_the_reader(cuts):
    data = TEXT
    for at, length, piece in cuts:
        data = data[:at] + piece + data[at + length :]

    try:
        parsed = read_calendar(data, YEAR, floating_zone=ZoneInfo("Europe/Berlin"))
    except NotACalendar:
        return
    assert all(bad.reason and bad.line >= 1 for bad in parsed.bad)
