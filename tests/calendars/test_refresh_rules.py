from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from server.calendars.refresh_rules import (
    EVERY,
    GONE_AFTER,
    LONGEST,
    REASONS,
    code_of_status,
    next_refresh,
    state_of,
)
from server.calendars.schemas import LinkProblem
from server.lib.ids import uuid7
from tests.times import MONDAY

NUMBER_0 = UUID(int=0)


def wait(failures, code=None, connection_id=NUMBER_0):
    due = next_refresh(connection_id, failures=failures, error_code=code, now=MONDAY)
    return None if due is None else due - MONDAY


def test_every_code_has_a_sentence():
    assert set(REASONS) == set(get_args(LinkProblem))


def test_links_are_spread_over_five_minutes():
    waits = {wait(0, connection_id=uuid7()) for _ in range(200)}

    assert len(waits) > 50
    assert min(waits) >= EVERY
    assert max(waits) < EVERY + timedelta(minutes=5)


def test_first_failure_waits_no_longer_than_success():
    assert wait(1, "unreachable") == wait(0) == EVERY


@pytest.mark.parametrize("failures", [7, 8, 100, 10**6])
def test_a_link_that_cannot_be_reached_is_tried_each_day_for_ever(failures):
    assert wait(failures, "unreachable") == LONGEST


def test_a_link_with_nothing_behind_it_is_given_up():
    assert wait(GONE_AFTER - 1, "not_found") == LONGEST
    assert wait(GONE_AFTER, "not_found") is None


@pytest.mark.parametrize(
    ("provider", "code", "due", "state"),
    [
        ("upload", None, None, "active"),
        ("ics_link", None, MONDAY, "active"),
        ("ics_link", "timed_out", MONDAY, "failing"),
        ("ics_link", "not_found", None, "paused"),
    ],
)
def test_state_says_how_a_connection_fares(provider, code, due, state):
    assert state_of(provider, code, due) == state


@pytest.mark.parametrize("status", [200, 304])
def test_good_status_means_nothing(status):
    assert code_of_status(status) is None


@pytest.mark.parametrize("status", [100, 201, 204, 206, 400, 418, 429, 500, 503, 599])
def test_other_status_is_the_servers_trouble(status):
    assert code_of_status(status) == "provider_failed"
