import pytest

from server.contacts.vcard.dates import read_day, time_of, write_apple_day, write_day


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("1985-04-07", (1985, 4, 7)),
        ("19850407", (1985, 4, 7)),
        ("1985-4-7", (1985, 4, 7)),
        ("--0407", (None, 4, 7)),
        ("--04-07", (None, 4, 7)),
        ("--0229", (None, 2, 29)),
        ("0000-04-07", (None, 4, 7)),
        ("1604-04-07", (None, 4, 7)),
        (" 1985-04-07T10:30:00-05:00 ", (1985, 4, 7)),
        ("19850407T103000Z", (1985, 4, 7)),
        ("1985-04-07 10:30", (1985, 4, 7)),
    ],
)
def test_a_day_is_read_in_every_form(value, day):
    assert read_day(value, ()) == day


@pytest.mark.parametrize("value", ["0001-01-01", "1601-01-01", "1799-12-31", "4501-01-01"])
def test_what_programs_write_for_no_date_is_none(value):
    assert read_day(value, ()) is None


def test_apple_says_which_year_is_none():
    assert read_day("1900-04-07", (("X-APPLE-OMIT-YEAR", ("1900",)),)) == (None, 4, 7)


@pytest.mark.parametrize(
    "value",
    [
        "1985",
        "1985-04",
        "--04",
        "---07",
        "soon",
        "1985-02-30",
        "1985-13-01",
        "19850400",
        "１９８５-04-07",
    ],
)
def test_what_names_no_day_of_the_year_is_none(value):
    assert read_day(value, ()) is None


def test_the_time_is_what_4_0_writes():
    assert time_of("1985-04-07T10:30:00-05:00") == "103000-0500"
    assert time_of("1985-04-07") == ""


@pytest.mark.parametrize("day", [(1985, 4, 7), (None, 2, 29), (2004, 12, 31)])
def test_a_written_day_is_read_back(day):
    params, apple = write_apple_day(day)

    assert read_day(write_day(day), ()) == day
    assert read_day(apple, params) == day
