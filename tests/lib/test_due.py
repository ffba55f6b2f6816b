from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server.lib.due import due_before, due_on
from tests.times import MONDAY

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_contact_is_due_the_cadences_days_after_the_last_talk():
    talk = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)  # 2 March in Berlin

    assert str(due_on(7, talk, MONDAY, BERLIN)) == "2026-03-09"


def test_a_contact_never_talked_to_is_due_when_added():
    assert str(due_on(7, None, MONDAY, BERLIN)) == "2026-03-02"


def test_without_a_cadence_nobody_is_due():
    assert due_on(None, MONDAY, MONDAY, BERLIN) is None


@pytest.mark.parametrize(
    ("zone", "now"),
    [
        ("Europe/Berlin", datetime(2026, 3, 30, 9, tzinfo=UTC)),  # a day of 23 hours before
        ("America/Sao_Paulo", datetime(2018, 11, 8, 9, tzinfo=UTC)),  # no midnight on the 4th
        ("America/Havana", datetime(2023, 11, 8, 9, tzinfo=UTC)),  # two midnights on the 5th
        ("Pacific/Apia", datetime(2012, 1, 8, 9, tzinfo=UTC)),  # no 30 December 2011
        ("UTC", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_both_ways_to_ask_agree_around_every_midnight(zone, now):
    where = ZoneInfo(zone)
    today = now.astimezone(where).date()
    before = due_before(now, where)

    for days in range(1, 20):
        first = datetime.fromtimestamp(before[days - 1], UTC)
        for seconds in (-7201, -3601, -1, 0, 1, 3599, 7200):
            last = first + timedelta(seconds=seconds)
            assert (last < first) == (due_on(days, last, now, where) <= today), (days, last)
