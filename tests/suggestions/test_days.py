from datetime import date

import pytest

from server.suggestions.days import next_occurrence


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 12, 2), date(2026, 12, 3)),
        (date(2026, 12, 3), date(2026, 12, 3)),
        (date(2026, 12, 4), date(2027, 12, 3)),
    ],
)
def test_a_yearly_date_returns_on_or_after_today(today, expected):
    assert next_occurrence(12, 3, 1980, today) == expected


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2027, 2, 1), date(2027, 2, 28)),
        (date(2028, 2, 28), date(2028, 2, 29)),
        (date(2027, 3, 1), date(2028, 2, 29)),
    ],
)
def test_the_29th_of_february_falls_on_the_28th_in_other_years(today, expected):
    assert next_occurrence(2, 29, None, today) == expected


def test_a_date_does_not_return_before_its_first_year():
    assert next_occurrence(6, 5, 2028, date(2026, 1, 1)) == date(2028, 6, 5)
