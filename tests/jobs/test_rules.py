from datetime import datetime, timedelta

import pytest

from server.jobs.rules import Heartbeat, due, latest_occurrence
from tests.times import MONDAY

LIMIT_S = 900
A_WEEK_AGO = MONDAY - timedelta(days=7)


def beat(
    *,
    cron: str = "0 */6 * * *",
    is_enabled: bool = True,
    created_at: datetime = A_WEEK_AGO,
    started: timedelta | None = None,
    succeeded: timedelta | None = None,
) -> Heartbeat:
    """A schedule; `started` and `succeeded` are how long ago."""
    return Heartbeat(
        name="generate",
        cron=cron,
        is_enabled=is_enabled,
        created_at=created_at,
        last_started_at=None if started is None else MONDAY - started,
        last_succeeded_at=None if succeeded is None else MONDAY - succeeded,
    )


def is_due(heartbeat: Heartbeat) -> bool:
    return due([heartbeat], MONDAY, time_limit_s=LIMIT_S) == ["generate"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime.fromisoformat("2026-03-02T09:00:00+00:00"), "2026-03-02T06:00:00+00:00"),
        (datetime.fromisoformat("2026-03-02T06:00:00+00:00"), "2026-03-02T06:00:00+00:00"),
        (datetime.fromisoformat("2026-03-02T05:59:59.999999+00:00"), "2026-03-02T00:00:00+00:00"),
        (datetime.fromisoformat("2026-03-02T06:00:00.000001+00:00"), "2026-03-02T06:00:00+00:00"),
    ],
)
def test_the_latest_occurrence_is_at_or_before_now(now, expected):
    assert latest_occurrence("0 */6 * * *", now) == datetime.fromisoformat(expected)


def test_an_occurrence_that_nobody_started_is_due():
    assert is_due(beat(started=timedelta(hours=9), succeeded=timedelta(hours=9)))


def test_an_occurrence_that_was_run_is_not_due_again():
    assert not is_due(beat(started=timedelta(hours=3), succeeded=timedelta(hours=2)))


def test_a_new_schedule_waits_for_its_first_occurrence():
    assert not is_due(beat(created_at=MONDAY - timedelta(hours=1)))


def test_a_schedule_made_before_its_occurrence_is_due():
    assert is_due(beat(created_at=MONDAY - timedelta(hours=4)))


def test_a_run_under_way_is_left_alone():
    assert not is_due(beat(started=timedelta(seconds=LIMIT_S), succeeded=timedelta(hours=9)))


def test_a_run_that_never_ended_is_due_after_the_time_limit():
    assert is_due(beat(started=timedelta(seconds=LIMIT_S + 1), succeeded=timedelta(hours=9)))


def test_a_first_run_that_never_ended_is_due_after_the_time_limit():
    assert is_due(beat(started=timedelta(seconds=LIMIT_S + 1)))


def test_a_schedule_that_is_switched_off_is_never_due():
    assert not is_due(beat(is_enabled=False, started=timedelta(days=3)))


def test_a_start_in_the_future_after_the_clock_was_set_back_is_not_due():
    assert not is_due(beat(started=timedelta(hours=-5), succeeded=timedelta(hours=-5)))
