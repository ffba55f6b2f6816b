"""Days that people remember every year."""

from datetime import date

EARLIEST_YEAR = 1800
LATEST_YEAR = 2199
# 29 February is a day of any unknown year.
_LEAP_YEAR = 2000


def check_date(year: int | None, month: int, day: int) -> None:
    """Refuse a date that no calendar has; `year` is None when it is not known.

    Raises:
        ValueError: a short reason.
    """
    if year is not None and not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(f"the year must lie between {EARLIEST_YEAR} and {LATEST_YEAR}")
    try:
        date(_LEAP_YEAR if year is None else year, month, day)
    except (ValueError, OverflowError):
        raise ValueError("there is no such day") from None
