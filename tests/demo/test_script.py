from datetime import date, timedelta

from icalendar import Calendar

from server.contacts.schemas import ContactIn
from server.demo import script
from server.lib.cities import ZoneFound, find_zone
from tests.times import MONDAY

PLAN = script.read()


def test_every_person_is_a_contact_that_the_api_takes():
    for person in PLAN.contacts:
        assert ContactIn.model_validate(script.contact_fields(person, MONDAY.date())).name


def test_a_birthday_on_the_leap_day_is_moved_to_a_day_of_every_year():
    person = {"name": "Lea", "birthday": {"in": 0}}

    assert script.contact_fields(person, date(2028, 2, 29))["dates"][0]["day"] == 28


def test_the_past_is_the_same_each_time_and_lies_in_the_past():
    for person in PLAN.contacts:
        talks = script.talks(person, MONDAY)

        assert talks == script.talks(person, MONDAY)
        assert all(MONDAY - timedelta(days=400) < at < MONDAY for at in talks)


def test_the_last_talk_was_as_long_ago_as_the_script_says():
    person = next(each for each in PLAN.contacts if each["name"] == "Elif Aydın")

    assert (MONDAY.date() - script.talks(person, MONDAY)[0].date()).days == person["last"]


def test_all_places_but_one_have_a_zone():
    unclear = [
        person["location"]
        for person in PLAN.contacts
        if not isinstance(find_zone(person["location"]), ZoneFound)
    ]

    assert unclear == ["Springfield"]


def test_the_calendar_holds_every_event():
    events = Calendar.from_ical(script.calendar(PLAN.events, MONDAY)).walk("VEVENT")

    assert len(events) == len(PLAN.events)
