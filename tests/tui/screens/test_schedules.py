from datetime import timedelta

import pytest

from server.admin.schemas_jobs import ScheduleOut, SchedulePage
from tests.tui.fake_server import FakeServer, problem
from tests.tui.pilot import NOW, WIDE, running, screen_text, settle, until
from tests.tui.snapshots import same_as_kept

ESCAPE = "\x1b]0;owned\x07"


def schedule(name: str, **given: object) -> ScheduleOut:
    values: dict[str, object] = {
        "name": name,
        "cron": "*/5 * * * *",
        "is_enabled": True,
        "is_late": False,
        "next_at": NOW + timedelta(minutes=5),
        "last_started_at": NOW - timedelta(minutes=5),
        "last_succeeded_at": NOW - timedelta(minutes=4),
        "last_failed_at": None,
        "last_error_code": None,
    }
    return ScheduleOut.model_validate(values | given)


FAILED = {"last_failed_at": NOW - timedelta(hours=1), "last_error_code": "TimeoutError"}
LATE = {"is_late": True, "last_succeeded_at": NOW - timedelta(hours=7)}
SCHEDULES = [
    schedule("publish_feeds"),
    schedule("retention", cron="15 3 * * *", next_at=NOW + timedelta(hours=18), **FAILED),
    schedule("vacuum", is_enabled=False, last_succeeded_at=None, last_started_at=None),
    schedule("write_digests", **LATE),
]


def serve(server: FakeServer) -> None:
    server.on("/schedules", SchedulePage(items=SCHEDULES))
    server.on("/schedules/*/run", SCHEDULES[0], method="POST")


@pytest.fixture
def schedules(server: FakeServer) -> FakeServer:
    serve(server)
    server.on("/queues", {"items": []})
    server.on("/jobs", {"items": [], "next_cursor": None})
    return server


async def press(pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause(0.1)
    await settle(pilot)


def names(pilot) -> list[str]:
    lines = screen_text(pilot).splitlines()
    return [one.name for line in lines for one in SCHEDULES if f" {one.name} " in line]


async def test_s_leads_to_the_schedules_and_escape_back(schedules):
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        assert "publish_feeds" in screen_text(pilot)

        await press(pilot, "escape")
        assert "[failed]" in screen_text(pilot)


async def test_each_says_when_it_last_did_when_it_will_and_whether_it_is_overdue(schedules):
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        text = screen_text(pilot)

        assert "▲ 1 overdue" in text
        assert "▲ overdue  write_digests" in text
        assert "✗ failed   retention" in text
        assert "○ off      vacuum" in text
        assert "in 18 h   4 min ago  Timeout" in text
        assert "7 h ago" in text


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (("o",), ["publish_feeds", "retention", "vacuum", "write_digests"]),
        (("o", "O"), ["write_digests", "vacuum", "retention", "publish_feeds"]),
        (("o", "o"), ["publish_feeds", "vacuum", "write_digests", "retention"]),
        (("o", "o", "o"), ["vacuum", "write_digests", "publish_feeds", "retention"]),
    ],
)
async def test_they_are_ordered_by_name_next_or_last_run(schedules, keys, found):
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        for key in keys:
            await press(pilot, key)

        assert names(pilot) == found


@pytest.mark.parametrize(
    ("written", "found"),
    [("state:overdue", ["write_digests"]), ("feed", ["publish_feeds"]), ("state:off feed", [])],
)
async def test_a_filter_narrows_them_and_escape_takes_it_away(schedules, written, found):
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        await press(pilot, "slash", *written, "enter")
        assert names(pilot) == found

        await press(pilot, "escape")
        assert len(names(pilot)) == 4


async def test_the_detail_says_why_it_failed(schedules):
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        await press(pilot, "down", "enter")

        assert "It took longer than a job may." in screen_text(pilot)
        assert "15 3 * * *" in screen_text(pilot)


async def test_one_is_run_when_confirmed_and_watched_until_it_is_done(schedules):
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        await press(pilot, "ctrl+t")
        assert "Run publish_feeds now" in screen_text(pilot)
        await press(pilot, "enter")
        assert not schedules.writes

        await press(pilot, "ctrl+t")
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: "It waits for a worker." in screen_text(pilot))
        assert [one.path for one in schedules.writes] == ["/api/admin/schedules/publish_feeds/run"]

        begun = schedule("publish_feeds", last_started_at=NOW)
        schedules.on("/schedules", SchedulePage(items=[begun]))
        await until(pilot, lambda: "It works." in screen_text(pilot))
        done = schedule("publish_feeds", last_started_at=NOW, last_succeeded_at=NOW)
        schedules.on("/schedules", SchedulePage(items=[done]))
        await until(pilot, lambda: "has done its work" in screen_text(pilot))


async def test_a_run_that_fails_says_why(schedules):
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        await press(pilot, "ctrl+t")
        failed = schedule("publish_feeds", last_failed_at=NOW, last_error_code="WorkerDied")
        schedules.on("/schedules", SchedulePage(items=[failed]))
        await press(pilot, "tab", "enter")

        await until(pilot, lambda: "Its worker ended while it ran" in screen_text(pilot))


async def test_what_cannot_be_run_is_said(schedules):
    gone = problem(404, "not_found", "There is no such schedule.")
    schedules.on("/schedules/*/run", gone, method="POST")
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        await press(pilot, "ctrl+t")
        await press(pilot, "tab", "enter")

        assert "There is no such schedule." in screen_text(pilot)


async def test_what_a_terminal_would_act_upon_is_shown(schedules):
    odd = schedule(f"日本{ESCAPE}" * 9, cron=ESCAPE, last_error_code=f"エ{ESCAPE}")
    schedules.on("/schedules", SchedulePage(items=[odd]))
    async with running(schedules, section="queues") as pilot:
        await press(pilot, "s")
        for key in ("r", "enter"):
            await press(pilot, key)
            strips = pilot.app.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {80}
            assert "\x1b" not in screen_text(pilot)


@pytest.mark.parametrize(
    ("look", "size", "theme"),
    [
        ("small", (80, 24), "catchup"),
        ("wide", WIDE, "catchup"),
        ("light", (80, 24), "catchup-light"),
        ("plain", (80, 24), "catchup-plain"),
    ],
)
async def test_pictures_are_as_they_were(schedules, look, size, theme):
    async with running(schedules, section="queues", size=size, theme=theme) as pilot:
        await press(pilot, "s")

        assert same_as_kept(pilot, f"schedules-{look}")
