import pytest
from pydantic import ValidationError

from server.preferences.schemas import AvailabilityIn, NotificationsIn


def refused(shape, values):
    with pytest.raises(ValidationError) as error:
        shape.model_validate(values)
    return [".".join(str(part) for part in item["loc"]) for item in error.value.errors()]


def windows(*spans):
    return {"windows": {"monday": [{"start": start, "end": end} for start, end in spans]}}


def test_evenings_and_weekends_are_free_until_set():
    week = AvailabilityIn.model_validate({}).windows.model_dump()

    evening, daytime = {"start": "18:00", "end": "21:00"}, {"start": "10:00", "end": "20:00"}
    assert [week[day] for day in ("monday", "friday", "saturday", "sunday")] == [
        [evening],
        [evening],
        [daytime],
        [daytime],
    ]


def test_the_other_defaults_are_those_of_the_contract():
    values = AvailabilityIn.model_validate({}).model_dump(exclude={"windows"})

    assert values == {
        "commute": {day: [] for day in values["commute"]},
        "night": {"start": "22:00", "end": "08:00"},
        "minimum_slot_minutes": 30,
        "horizon_days": 14,
        "all_day_blocks": False,
        "transparent_blocks": False,
    }


def test_a_day_that_is_left_out_has_no_windows():
    week = AvailabilityIn.model_validate(windows(("09:00", "10:00"))).windows

    assert week.tuesday == []


def test_windows_come_back_in_order():
    week = AvailabilityIn.model_validate(windows(("18:00", "19:00"), ("07:00", "08:00"))).windows

    assert [window.start for window in week.monday] == ["07:00", "18:00"]


def test_a_window_may_reach_midnight():
    week = AvailabilityIn.model_validate(windows(("18:00", "24:00"))).windows

    assert week.monday[0].end == "24:00"


def test_windows_may_touch():
    week = AvailabilityIn.model_validate(windows(("18:00", "19:00"), ("19:00", "20:00"))).windows

    assert len(week.monday) == 2


def test_the_night_may_lie_within_one_day():
    night = AvailabilityIn.model_validate({"night": {"start": "00:00", "end": "07:00"}}).night

    assert night is not None
    assert night.end == "07:00"


def test_there_may_be_no_night():
    assert AvailabilityIn.model_validate({"night": None}).night is None


BAD_AVAILABILITY = {
    "overlapping windows": (windows(("18:00", "20:00"), ("19:59", "21:00")), "windows.monday"),
    "a window inside another": (windows(("08:00", "20:00"), ("09:00", "10:00")), "windows.monday"),
    "a window backwards": (windows(("20:00", "18:00")), "windows.monday.0"),
    "an empty window": (windows(("18:00", "18:00")), "windows.monday.0"),
    "a window that starts at 24:00": (windows(("24:00", "24:00")), "windows.monday.0.start"),
    "an hour that is none": (windows(("24:30", "24:00")), "windows.monday.0.start"),
    "a minute that is none": (windows(("18:60", "19:00")), "windows.monday.0.start"),
    "one digit": (windows(("9:00", "10:00")), "windows.monday.0.start"),
    "digits of another script": (windows(("١٨:٠٠", "19:00")), "windows.monday.0.start"),
    "seconds": (windows(("18:00:00", "19:00")), "windows.monday.0.start"),
    "a line break behind the time": (windows(("18:00\n", "19:00")), "windows.monday.0.start"),
    "a number for a time": (windows((1800, "19:00")), "windows.monday.0.start"),
    "a day nobody knows": ({"windows": {"funday": []}}, "windows.funday"),
    "windows that are no list": ({"windows": {"monday": "18-21"}}, "windows.monday"),
    "no windows at all": ({"windows": None}, "windows"),
    "too many windows": (windows(*[("00:00", "00:01")] * 49), "windows.monday"),
    "an overlapping commute": (
        {"commute": {"friday": [{"start": "07:00", "end": "09:00"}] * 2}},
        "commute.friday",
    ),
    "a night without length": ({"night": {"start": "22:00", "end": "22:00"}}, "night"),
    "a slot that is too short": ({"minimum_slot_minutes": 4}, "minimum_slot_minutes"),
    "a slot longer than a day": ({"minimum_slot_minutes": 1441}, "minimum_slot_minutes"),
    "minutes as text": ({"minimum_slot_minutes": "30"}, "minimum_slot_minutes"),
    "half a minute": ({"minimum_slot_minutes": 30.5}, "minimum_slot_minutes"),
    "yes for a number": ({"minimum_slot_minutes": True}, "minimum_slot_minutes"),
    "no horizon": ({"horizon_days": 0}, "horizon_days"),
    "a horizon too far": ({"horizon_days": 93}, "horizon_days"),
    "yes in words": ({"all_day_blocks": "yes"}, "all_day_blocks"),
    "one for yes": ({"transparent_blocks": 1}, "transparent_blocks"),
    "a field nobody knows": ({"holidays": []}, "holidays"),
}


@pytest.mark.parametrize(("wrong", "field"), BAD_AVAILABILITY.values(), ids=BAD_AVAILABILITY.keys())
def test_bad_availability_names_the_field(wrong, field):
    assert refused(AvailabilityIn, wrong) == [field]


def test_notifications_start_with_mail_on_sunday_morning():
    assert NotificationsIn.model_validate({}).model_dump() == {
        "sms": False,
        "email": True,
        "digest_weekday": 6,
        "digest_time": "09:00",
        "quiet_hours": None,
        "max_open_suggestions": 5,
    }


@pytest.mark.parametrize("weekday", [0, "monday"])
def test_a_weekday_is_a_number_or_a_name(weekday):
    assert NotificationsIn.model_validate({"digest_weekday": weekday}).digest_weekday == 0


BAD_NOTIFICATIONS = {
    "a weekday nobody knows": ({"digest_weekday": "funday"}, "digest_weekday"),
    "an eighth day": ({"digest_weekday": 7}, "digest_weekday"),
    "yes for a weekday": ({"digest_weekday": True}, "digest_weekday"),
    "a digest at 24:00": ({"digest_time": "24:00"}, "digest_time"),
    "no digest time": ({"digest_time": None}, "digest_time"),
    "quiet hours without an end": ({"quiet_hours": {"start": "22:00"}}, "quiet_hours"),
    "too many suggestions": ({"max_open_suggestions": 51}, "max_open_suggestions"),
    "fewer than none": ({"max_open_suggestions": -1}, "max_open_suggestions"),
    "a word for yes": ({"sms": "true"}, "sms"),
    "a field nobody knows": ({"push": True}, "push"),
}


@pytest.mark.parametrize(
    ("wrong", "field"), BAD_NOTIFICATIONS.values(), ids=BAD_NOTIFICATIONS.keys()
)
def test_bad_notifications_name_the_field(wrong, field):
    assert {path.split(".")[0] for path in refused(NotificationsIn, wrong)} == {field}
