import pytest

from server.lib.dates import check_date


@pytest.mark.parametrize("day", [(None, 2, 29), (2024, 2, 29), (1800, 1, 1), (2199, 12, 31)])
def test_a_day_of_the_calendar_is_accepted(day):
    check_date(*day)


@pytest.mark.parametrize(
    "day",
    [
        (None, 2, 30),
        (2023, 2, 29),
        (None, 13, 1),
        (None, 0, 1),
        (None, 1, 0),
        (1799, 1, 1),
        (2200, 1, 1),
        (-1, 1, 1),
        (10**30, 1, 1),
        (None, 1, 10**30),
    ],
)
def test_a_day_that_no_calendar_has_is_refused(day):
    with pytest.raises(ValueError, match=r"day|year"):
        check_date(*day)
