from datetime import timedelta
from uuid import UUID

import icalendar
import pytest
import recurring_ical_events

from server.feeds.events import calendar_of
from tests.times import MONDAY

REASON = {
    "code": "cadence_reached",
    "weight": 100.0,
    "data": {
        "last_on": "2026-01-01",
        "cadence_days": 30,
        "source": "contact",
        "inherited_from": None,
    },
    "as_of": "2026-03-01",
}


def row(**more):
    return {
        "id": UUID(int=1),
        "state": "accepted",
        "way": "call",
        "slot_start": MONDAY,
        "slot_end": MONDAY + timedelta(minutes=30),
        "reasons": [REASON],
        "created_at": MONDAY - timedelta(days=3),
        "updated_at": MONDAY - timedelta(days=2, microseconds=5),
        "contacts_updated_at": MONDAY - timedelta(days=9),
        "sequence": 4,
        "contacts": [{"name": "Nora Noon", "nickname": None}],
        **more,
    }


def made(*rows, hides_names=False):
    return calendar_of(rows, hides_names=hides_names, zone="Europe/Berlin")


def read(file):
    (event,) = icalendar.Calendar.from_ical(file).walk("VEVENT")
    return event


def event_of(*, hides_names=False, **more):
    return read(made(row(**more), hides_names=hides_names))


def test_a_calendar_says_its_name_and_when_to_come_again():
    text = made().decode()

    assert text.startswith("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//CatchUp//Feed//EN\r\n")
    for line in (
        "NAME:CatchUp",
        "X-WR-CALNAME:CatchUp",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ):
        assert f"\r\n{line}\r\n" in text


def test_an_event_is_its_slot_in_utc():
    event = event_of()

    assert event["DTSTART"].to_ical() == MONDAY.strftime("%Y%m%dT%H%M%SZ").encode()
    assert event["DTSTART"].dt == MONDAY
    assert event["DTEND"].dt == MONDAY + timedelta(minutes=30)


def test_an_event_keeps_its_uid_and_counts_its_changes():
    event = event_of()

    assert event["UID"] == "00000000-0000-0000-0000-000000000001@catchup"
    assert event["SEQUENCE"] == 4


def test_times_of_change_are_those_of_the_row():
    event = event_of()

    changed = MONDAY - timedelta(days=2, seconds=1)
    assert (event["DTSTAMP"].dt, event["LAST-MODIFIED"].dt) == (changed, changed)
    assert event["CREATED"].dt == MONDAY - timedelta(days=3)


def test_a_changed_contact_changes_the_event_where_its_name_shows():
    assert event_of(contacts_updated_at=MONDAY)["DTSTAMP"].dt == MONDAY
    assert event_of(contacts_updated_at=MONDAY, hides_names=True)["DTSTAMP"].dt < MONDAY


@pytest.mark.parametrize("state", ["accepted", "confirmed"])
def test_what_was_accepted_is_confirmed_and_makes_busy(state):
    event = event_of(state=state)

    assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "OPAQUE")
    assert event["SUMMARY"] == "Call Nora Noon"


def test_what_is_pending_is_tentative_and_leaves_its_reader_free():
    event = event_of(state="pending", way="in_person")

    assert (event["STATUS"], event["TRANSP"]) == ("TENTATIVE", "TRANSPARENT")
    assert event["SUMMARY"] == "Meet Nora Noon?"


def test_the_reason_counts_to_the_day_of_the_event():
    days = (MONDAY.date() - MONDAY.date().replace(month=1, day=1)).days

    assert f"You last talked {days} days ago" in event_of()["DESCRIPTION"]


def test_everybody_of_a_group_is_named():
    both = [{"name": "Nora", "nickname": None}, {"name": "Omar", "nickname": None}]

    assert event_of(contacts=both)["SUMMARY"] == "Call Nora, Omar"


@pytest.mark.parametrize(("state", "title"), [("accepted", "Catch up"), ("pending", "Catch up?")])
def test_a_feed_that_hides_names_says_nothing_about_anybody(state, title):
    file = made(row(state=state), hides_names=True)

    assert b"Nora" not in file
    assert b"talked" not in file
    assert read(file)["SUMMARY"] == title


def test_same_rows_give_the_same_bytes():
    assert made(row(), row(id=UUID(int=2))) == made(row(), row(id=UUID(int=2)))


@pytest.mark.parametrize(
    "name",
    [
        'Zoë, O\'Hara; \\ "quoted"',
        "BEGIN:VEVENT",
        "=SUM(1+1)",
        "عائشة بنت أبي بكر",
        "👩‍👩‍👧‍👦" * 20,
        "長い名前" * 60,
        "a\u2028b",
        "x" * 255,
    ],
)
def test_any_name_comes_back_as_it_is(name):
    file = made(row(contacts=[{"name": name, "nickname": None}]))

    assert read(file)["SUMMARY"] == f"Call {name}"
    assert max(len(line) for line in file.split(b"\r\n")) <= 75
    assert b"\n" not in file.replace(b"\r\n", b"")


def test_a_program_finds_the_event_on_its_day():
    calendar = icalendar.Calendar.from_ical(made(row()))

    found = recurring_ical_events.of(calendar).at(MONDAY.date())

    assert [str(event["SUMMARY"]) for event in found] == ["Call Nora Noon"]


def test_an_unknown_zone_breaks_nothing():
    assert calendar_of([row()], hides_names=False, zone="Mars/Olympus").endswith(b"VCALENDAR\r\n")
