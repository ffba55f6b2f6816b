import json
from uuid import UUID

import pytest

from server.admin.schemas_jobs import JobPage, QueuePage
from tests.tui.fake_server import Asked, FakeServer, Reply, problem
from tests.tui.pilot import WIDE, running, screen_text
from tests.tui.screens.made_jobs import job, narrow, pages, press, queue, serve

ESCAPE = "\x1b]0;owned\x07"


@pytest.fixture
def queues(server: FakeServer, tmp_path, monkeypatch) -> FakeServer:
    monkeypatch.setenv("HOME", str(tmp_path))
    serve(server)
    return server


def line_with(pilot, text: str) -> str:
    return next(line for line in screen_text(pilot).splitlines() if text in line)


def job_queries(server: FakeServer) -> list[dict[str, str]]:
    return [one.query for one in server.asked if one.path == "/api/admin/jobs"]


async def test_the_panel_says_how_much_is_where_and_how_long_the_oldest_waits(queues):
    async with running(queues, section="queues") as pilot:
        said = line_with(pilot, "▲ catchup").split()

        assert said[1:9] == ["▲", "catchup", "12", "2", "4", "3", "1", "7"]


async def test_the_panel_says_which_workers_are_heard_of(queues):
    async with running(queues, section="queues") as pilot:
        assert "● worker heard of, up 3 h, 812 done, 3 failed: box-4120" in screen_text(pilot)


async def test_no_worker_is_said_with_what_to_do(queues):
    queues.on("/queues", QueuePage(items=[queue(workers=[])]))
    async with running(queues, section="queues") as pilot:
        said = line_with(pilot, "✗ No worker is heard of")

        assert "Look at its unit (`catchup worker`)." in said


async def test_overdue_schedules_are_named_above_the_jobs(queues):
    async with running(queues, section="queues") as pilot:
        assert "▲ 1 schedule is overdue (s shows them): write_digests" in screen_text(pilot)


async def test_more_workers_than_fit_are_counted_and_leave_room_for_jobs(queues):
    workers = [
        {"id": f"w{number}", "jobs_done": 1, "jobs_failed": 0, "uptime_s": 5.0}
        for number in range(40)
    ]
    queues.on("/queues", QueuePage(items=[queue(workers=workers)]))
    async with running(queues, section="queues") as pilot:
        assert "+40 more" in screen_text(pilot)
        assert "✗ failed" in screen_text(pilot)


async def test_failed_jobs_come_first_and_say_why(queues):
    async with running(queues, section="queues") as pilot:
        said = line_with(pilot, "✗ failed")

        assert said.split()[2:7] == ["just", "now", "suggest_to_user", "3/3", "TimeoutError"]
        assert "► retrying" in screen_text(pilot)


async def test_arrows_go_through_the_states(queues):
    async with running(queues, section="queues") as pilot:
        assert "[failed]" in screen_text(pilot)
        await press(pilot, "right")
        assert "[queued]" in screen_text(pilot)
        await press(pilot, "right", "right")
        assert "in 2 h" in screen_text(pilot)
        await press(pilot, "right")
        assert "[failed]" in screen_text(pilot)

    asked = [one["state"] for one in job_queries(queues)]
    assert list(dict.fromkeys(asked)) == ["failed", "queued", "running", "scheduled"]


async def test_a_filter_goes_to_the_server(queues):
    async with running(queues, section="queues") as pilot:
        await press(pilot, "slash", *"function:publish_feed error:TimeoutError 0193-7", "enter")

        query = job_queries(queues)[-1]
        assert query["function"] == "publish_feed"
        assert (query["error_code"], query["q"]) == ("TimeoutError", "0193-7")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("state:lost", "one of failed"),
        ("two words", "One word"),
        ("function:Nö", "small letters"),
        ("state:queued error:TimeoutError", "belongs to state:failed"),
    ],
)
async def test_a_filter_that_is_none_is_said_and_not_sent(queues, written, said):
    async with running(queues, section="queues", size=WIDE) as pilot:
        before = len(job_queries(queues))
        await narrow(pilot, written)

        assert said in screen_text(pilot)
        assert len(job_queries(queues)) == before


async def test_another_state_keeps_the_function_and_lets_the_error_go(queues):
    async with running(queues, section="queues") as pilot:
        await narrow(pilot, "function:publish_feed error:TimeoutError")
        await press(pilot, "right")

        query = job_queries(queues)[-1]
        assert (query["state"], query["function"]) == ("queued", "publish_feed")
        assert "error_code" not in query


async def test_a_hundred_thousand_jobs_are_read_a_page_at_a_time(queues):
    async with running(queues, section="queues") as pilot:
        await press(pilot, "end")

        assert {one.get("cursor") for one in job_queries(queues)} == {None, "100"}
        assert "✗ failed" in screen_text(pilot)


async def test_a_page_that_the_server_left_short_is_filled(queues):
    def answer(asked: Asked) -> JobPage:
        place = int(asked.query.get("cursor", 0))
        return JobPage(items=[job(place)], next_cursor=str(place + 1) if place < 2 else None)

    queues.on("/jobs", answer)
    async with running(queues, section="queues") as pilot:
        assert len([line for line in screen_text(pilot).splitlines() if "3/3" in line]) == 3
        assert "…" not in line_with(pilot, "Jobs")


async def test_looking_in_vain_ends_and_is_said_in_the_export_too(queues, tmp_path):
    queues.on("/jobs", lambda asked: JobPage(items=[], next_cursor="on"))
    async with running(queues, section="queues") as pilot:
        assert "not all looked at" in screen_text(pilot)
        before = len(job_queries(queues))
        await press(pilot, "r")
        assert len(job_queries(queues)) - before == 4
        await press(pilot, "e")

    (path,) = tmp_path.glob("catchup-queues-*.json")
    assert json.loads(path.read_text())["is_complete"] is False


async def test_the_detail_says_why_when_and_on_what(queues):
    async with running(queues, section="queues") as pilot:
        await press(pilot, "enter")

        text = screen_text(pilot)
        assert "It took longer than a job may." in text
        assert "3 of 3" in text
        assert "2026-03-02 09:00:00" in text
        assert "0193-0" in text


async def test_an_unknown_error_has_a_sentence_too(queues):
    queues.on("/jobs/*", job(0, error_code="OddError"))
    async with running(queues, section="queues", size=WIDE) as pilot:
        await press(pilot, "enter")

        assert "It met an error that ended it. (OddError; screen Logs" in screen_text(pilot)


async def test_a_job_that_is_gone_is_said_in_its_detail(queues):
    queues.on("/jobs/*", problem(404, "not_found", "There is no such job."))
    async with running(queues, section="queues") as pilot:
        await press(pilot, "enter")

        assert "There is no such job." in screen_text(pilot)


async def test_what_a_terminal_would_act_upon_is_shown_and_no_line_is_too_wide(queues):
    odd = {"user_id": f"日本語{ESCAPE}👍🏽🇩🇪" * 9}
    strange = job(0, function=f"作業{ESCAPE}" * 20, error_code="エラー" * 20, ids=odd)
    queues.on("/jobs", JobPage(items=[strange], next_cursor=None))
    queues.on("/jobs/*", strange)
    workers = [{"id": f"箱{ESCAPE}" * 30, "jobs_done": 1, "jobs_failed": 0, "uptime_s": 5.0}]
    queues.on("/queues", QueuePage(items=[queue(name="列" * 40, workers=workers)]))
    async with running(queues, section="queues") as pilot:
        for key in ("r", "enter"):
            await press(pilot, key)
            strips = pilot.app.screen._compositor.render_strips()
            assert {strip.cell_length for strip in strips} == {80}
            assert "\x1b" not in screen_text(pilot)
            assert "␛" in screen_text(pilot)


async def test_y_copies_the_id_and_e_writes_queues_and_jobs(queues, tmp_path, monkeypatch):
    queues.on("/jobs", pages(3))
    copied: list[str] = []
    async with running(queues, section="queues") as pilot:
        monkeypatch.setattr(pilot.app, "copy_to_clipboard", copied.append)
        await press(pilot, "y", "e")

    (path,) = tmp_path.glob("catchup-queues-*.json")
    written = json.loads(path.read_text())
    assert copied == [str(UUID(int=0))]
    assert [one["name"] for one in written["queues"]] == ["catchup"]
    assert [one["key"] for one in written["items"]] == [job(number).key for number in range(3)]


async def test_without_redis_failed_jobs_are_shown_and_the_panel_says_why_no_more(queues):
    said = "Redis cannot be used (ConnectionError)."
    queues.on("/queues", problem(503, "redis_unavailable", said))
    async with running(queues, section="queues") as pilot:
        text = screen_text(pilot)

        assert said in text
        assert "✗ failed" in text
        assert "✗ redis unavailable" in text


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (problem(500, "internal", "It broke."), "✗ internal"),
        (Reply(cut=True, body={"x": "y" * 99}), "✗ cut"),
        (problem(403, "permission_missing", "Not yours."), "✗ permission missing"),
    ],
)
async def test_trouble_leaves_what_was_known_with_its_age(queues, reply, said):
    async with running(queues, section="queues") as pilot:
        queues.hidden = reply
        await press(pilot, "r")

        assert f"{said}, values 0 s old" in screen_text(pilot)
        assert "▲ catchup" in screen_text(pilot)
        assert "✗ failed" in screen_text(pilot)
