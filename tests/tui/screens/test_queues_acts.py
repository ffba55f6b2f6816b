from uuid import UUID

import pytest

from server.admin.schemas_jobs import QueuePage
from tests.tui.fake_server import FakeServer, problem
from tests.tui.pilot import SMALL, WIDE, running, screen_text, settle, until
from tests.tui.screens.made_jobs import count, job, narrow, press, queue, serve
from tests.tui.snapshots import same_as_kept


@pytest.fixture
def queues(server: FakeServer) -> FakeServer:
    serve(server)
    return server


async def act(pilot, name: str) -> None:
    await pilot.app.screen.run_action(f"act('{name}')")
    await pilot.pause(0.1)
    await settle(pilot)


async def test_a_failed_job_is_retried_with_the_right_to_act(queues):
    async with running(queues, section="queues") as pilot:
        await press(pilot, "ctrl+t")

        assert [one.path for one in queues.writes] == [f"/api/admin/jobs/{UUID(int=0)}/retry"]
        assert queues.writes[0].headers["authorization"] == "Bearer write"
        assert "suggest_to_user runs again" in screen_text(pilot)


@pytest.mark.parametrize(("state", "verb"), [("failed", "forget"), ("running", "abort")])
async def test_one_job_is_ended_only_by_its_name_typed(queues, state, verb):
    async with running(queues, section="queues") as pilot:
        await narrow(pilot, f"state:{state}")
        await act(pilot, verb)
        assert "To go on, type: suggest_to_user" in screen_text(pilot)
        await press(pilot, "enter")
        assert not queues.writes

        await act(pilot, verb)
        await press(pilot, "tab", *"suggest_to_user", "enter", "enter")
        job_id = job(0, state).id.replace(":", "%3A")
        assert [one.path for one in queues.writes] == [f"/api/admin/jobs/{job_id}/{verb}"]


async def test_what_does_not_apply_is_said(queues):
    async with running(queues, section="queues") as pilot:
        await press(pilot, "ctrl+k")

        assert "That does not apply here." in screen_text(pilot)
        assert not queues.writes


@pytest.mark.parametrize(
    ("state", "verb"), [("failed", "retry"), ("failed", "forget"), ("queued", "abort")]
)
async def test_all_that_fit_are_counted_typed_and_then_done(queues, state, verb):
    async with running(queues, section="queues", size=WIDE) as pilot:
        await narrow(pilot, f"state:{state} function:publish_feed 0193")
        await act(pilot, f"{verb}-all")
        text = screen_text(pilot)
        assert f"All {state} jobs of publish_feed with 0193 in key or ids" in text
        assert "▲ 208 publish_feed" in text
        assert not queues.writes

        await press(pilot, "tab", *f"312 {state}", "enter", "enter")
        await until(pilot, lambda: bool(queues.writes))
        assert queues.writes[0].path == f"/api/admin/jobs/all/{verb}"
        assert queues.writes[0].body == {
            "state": state,
            "function": "publish_feed",
            "q": "0193",
            "expected": 312,
        }


async def test_a_count_that_has_changed_is_refused_with_a_way_on(queues):
    said = "There are 5 such jobs now, not 312: look again."
    queues.on("/jobs/all/forget", problem(409, "jobs_changed", said), method="POST")
    async with running(queues, section="queues", size=WIDE) as pilot:
        await act(pilot, "forget-all")
        await press(pilot, "tab", *"312 failed", "enter", "enter")
        await until(pilot, lambda: "There are 5 such jobs now" in screen_text(pilot))
        (told,) = pilot.app._notifications
        assert told.message.endswith("Nothing was done. Begin again: they are counted anew.")

        queues.on("/jobs/count", count(5))
        await act(pilot, "forget-all")
        assert "To go on, type: 5 failed" in screen_text(pilot)


@pytest.mark.parametrize(
    ("counted", "said"),
    [
        (count(0), "No job fits the filter any more."),
        (count(5_001), "more than 5,000 jobs"),
        (count(40, is_complete=False), "more than 5,000 jobs"),
    ],
)
async def test_what_would_be_refused_is_not_asked(queues, counted, said):
    async with running(queues, section="queues", size=WIDE) as pilot:
        await narrow(pilot, "state:queued")
        queues.on("/jobs/count", counted)
        await act(pilot, "abort-all")

        assert said in screen_text(pilot)
        assert not queues.writes


async def test_a_retry_of_all_is_watched_until_the_queue_has_them(queues):
    async with running(queues, section="queues") as pilot:
        queues.on("/queues", QueuePage(items=[queue(retrying=78)]))
        await act(pilot, "retry-all")
        await press(pilot, "tab", *"312 failed", "enter", "enter")
        await until(pilot, lambda: "78 wait to be queued again." in screen_text(pilot))
        assert "75%" in screen_text(pilot)

        queues.on("/queues", QueuePage(items=[queue(retrying=0)]))
        await until(pilot, lambda: "All are in the queue again." in screen_text(pilot))


async def test_the_confirmation_fits_a_small_screen(queues):
    async with running(queues, section="queues", size=SMALL, theme="catchup") as pilot:
        await act(pilot, "forget-all")

        assert same_as_kept(pilot, "queues-forget-all")
