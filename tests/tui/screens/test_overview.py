from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from server.admin.schemas_overview import Screen
from tests.tui import facts
from tests.tui.fake_server import FakeServer, Reply, problem
from tests.tui.pilot import NOW, WIDE, Clock, running, screen_text, session_of, settle
from tui import host
from tui.host import Machine, Unit
from tui.sections import SECTIONS


@pytest.fixture
def box(server: FakeServer) -> FakeServer:
    facts.serve(server)
    return server


def machine() -> Machine:
    return Machine(
        parts=(
            Unit("catchup-server@1.service", "failed", "failed"),
            Unit("redis-server.service", "active", "running"),
        ),
        log=("ENCRYPTION_KEY does not open this database",),
        to_run=("sudo systemctl restart catchup-server@1.service",),
        load="load 0.10",
    )


async def test_one_look_says_what_is_not_well_and_what_to_do(box):
    async with running(box) as pilot:
        text = screen_text(pilot)

    assert "▲ Mostly well" in text
    assert "→ catchup schedules list" in text
    assert "3 jobs failed in the last hour" in text


async def test_the_graphs_are_scrolled_to_an_hour_of_the_night(box):
    async with running(box, size=WIDE) as pilot:
        await pilot.press("t", *"06:30", "enter")
        await settle(pilot)

        asked = [one for one in box.asked if one.path.endswith("/samples")][-1].query
        start, until = (datetime.fromisoformat(asked[name]) for name in ("from", "until"))
        assert start <= datetime(2026, 3, 2, 6, 30, tzinfo=UTC) < until
        assert "n: now" in screen_text(pilot)


async def test_left_looks_back_and_n_comes_back(box):
    async with running(box, size=WIDE) as pilot:
        await pilot.press("left", "left")
        await settle(pilot)
        assert "n: now" in screen_text(pilot)

        await pilot.press("n")
        await settle(pilot)
        assert "n: now" not in screen_text(pilot)


async def test_a_time_that_is_none_is_said(box):
    async with running(box) as pilot:
        await pilot.press("t", *"noon", "enter")
        await settle(pilot)

        assert "HH:MM" in screen_text(pilot)


async def test_only_new_samples_are_asked_for(box):
    clock = Clock()
    async with running(box, session=session_of(box.url, clock)) as pilot:
        clock.now = NOW + timedelta(seconds=20)
        await pilot.press("r")
        await settle(pilot)

        asked = [one.query for one in box.asked if one.path.endswith("/samples")][-1]
        assert datetime.fromisoformat(asked["from"]) >= NOW - timedelta(seconds=20)


async def test_the_last_values_stay_with_their_age_when_the_line_is_lost(box, monkeypatch):
    monkeypatch.setattr(host, "look", lambda _: _told())
    clock = Clock()
    async with running(box, size=WIDE, session=session_of(box.url, clock)) as pilot:
        await box.stop()
        clock.now = NOW + timedelta(minutes=3)
        await pilot.press("r")
        await settle(pilot)
        text = screen_text(pilot)

    assert "✗ unreachable, values 3 min old" in text
    assert "PostgreSQL 15.18" in text


async def _told() -> Machine:
    return machine()


async def test_a_server_that_is_down_shows_the_failing_unit_its_log_and_what_to_run(
    box, monkeypatch
):
    monkeypatch.setattr(host, "look", lambda _: _told())
    async with running(box, size=WIDE) as pilot:
        await box.stop()
        await pilot.press("r")
        await settle(pilot)
        text = screen_text(pilot)

    assert "✗ catchup-server@1.service" in text
    assert "ENCRYPTION_KEY does not open" in text
    assert "sudo systemctl restart catchup-server@1.service" in text


async def test_it_comes_back_by_itself(box, monkeypatch):
    monkeypatch.setattr(host, "look", lambda _: _told())
    async with running(box, size=WIDE) as pilot:
        box.hidden = Reply(body={"x": "y" * 99}, cut=True)
        await pilot.press("r")
        await settle(pilot)
        assert "the line was cut" in screen_text(pilot).lower()

        box.hidden = None
        await pilot.press("r")
        await settle(pilot)
        assert "● live" in screen_text(pilot)
        assert "Requests /s" in screen_text(pilot)


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (401, "unauthorized", "✗ unauthorized"),
        (403, "permission_missing", "✗ permission missing"),
        (409, "changed", "✗ changed"),
        (429, "rate_limited", "✗ rate limited"),
        (500, "internal", "✗ internal"),
        (503, "unavailable", "✗ unavailable"),
    ],
)
async def test_a_refusal_is_said_in_the_first_line_and_values_stay(box, status, code, said):
    async with running(box, size=WIDE) as pilot:
        box.on("/overview", problem(status, code, "A sentence of the server."))
        await pilot.press("r")
        await settle(pilot)
        text = screen_text(pilot)

    assert said in text
    assert "PostgreSQL 15.18" in text


async def test_the_database_being_away_is_no_reason_to_show_nothing(box):
    away = facts.overview(status="fail").model_copy(update={"counts": None})
    box.on("/overview", away)
    async with running(box) as pilot:
        assert "The database does not answer." in screen_text(pilot)


async def test_enter_on_what_needs_one_leads_to_its_list_filtered_by_it(box):
    box.on("/messages", {"items": [], "next_cursor": None})
    async with running(box) as pilot:
        await pilot.press("down", "enter")
        await settle(pilot)

        assert "/ state:unknown" in screen_text(pilot)
    asked = [one for one in box.asked if one.path.endswith("/messages")]
    assert {one.query["state"] for one in asked if "state" in one.query} == {"unknown"}


async def test_what_has_no_screen_of_its_own_is_said_whole(box):
    async with running(box) as pilot:
        await pilot.press("shift+tab", "enter")
        await settle(pilot)
        assert "write_digests is 7 min late" in screen_text(pilot)
        assert "catchup schedules list" in screen_text(pilot)

        await pilot.press("escape")
        await settle(pilot)
        assert "Needs you" in screen_text(pilot)


async def test_parts_that_have_no_room_are_gone_through(box):
    async with running(box) as pilot:
        assert "sendgrid" not in screen_text(pilot)
        await pilot.press("shift+tab", "end")
        await settle(pilot)

        assert "● sendgrid    answers in 121" in screen_text(pilot)


def test_every_screen_that_the_server_may_name_is_one_of_ours():
    assert set(get_args(Screen)) == {section.name for section in SECTIONS}
