"""Queues and jobs, made up, and a server that answers by them."""

from datetime import timedelta
from uuid import UUID

from server.admin.schemas_jobs import JobCount, JobOut, JobPage, JobsActed, QueueOut, QueuePage
from tests.tui.fake_server import Asked, FakeServer
from tests.tui.pilot import NOW, settle
from tests.tui.screens import test_schedules
from tui.screens.lists import ListScreen

FUNCTIONS = ("suggest_to_user", "publish_feed", "send_message")
MANY = 100_000


def queue(**given: object) -> QueueOut:
    values: dict[str, object] = {
        "name": "catchup",
        "queued": 12,
        "running": 2,
        "scheduled": 4,
        "failed": 3,
        "retrying": 1,
        "oldest_queued_at": NOW - timedelta(minutes=7),
        "workers": [
            {"id": "box-4120", "jobs_done": 812, "jobs_failed": 3, "uptime_s": 10_800.0},
        ],
    }
    return QueueOut.model_validate(values | given)


def job(number: int, state: str = "failed", **given: object) -> JobOut:
    function = FUNCTIONS[number % len(FUNCTIONS)]
    is_failed = state == "failed"
    values: dict[str, object] = {
        "id": str(UUID(int=number)) if is_failed else f"{function}:{number}",
        "key": f"{function}:{number}",
        "function": function,
        "state": state,
        "ids": {"user_id": f"0193-{number}"},
        "attempts": 3 if is_failed else 1,
        "tries": 3,
        "error_code": "TimeoutError" if is_failed else None,
        "queued_at": None if is_failed else NOW - timedelta(minutes=number),
        "started_at": NOW if state == "running" else None,
        "starts_at": NOW + timedelta(hours=2) if state == "scheduled" else None,
        "failed_at": NOW - timedelta(minutes=number) if is_failed else None,
        "is_retrying": is_failed and number == 1,
    }
    return JobOut.model_validate(values | given)


def pages(most: int):
    def answer(asked: Asked) -> JobPage:
        start, limit = int(asked.query.get("cursor", 0)), int(asked.query["limit"])
        end = min(start + limit, most)
        items = [job(number, asked.query["state"]) for number in range(start, end)]
        return JobPage(items=items, next_cursor=str(end) if end < most else None)

    return answer


def count(jobs: int, *, is_complete: bool = True) -> JobCount:
    by_function = {"publish_feed": jobs - jobs // 3, "send_message": jobs // 3}
    return JobCount(jobs=jobs, by_function=by_function, is_complete=is_complete)


def serve(server: FakeServer) -> None:
    server.on("/queues", QueuePage(items=[queue()]))
    server.on("/jobs", pages(MANY))
    server.on("/jobs/count", count(312))
    server.on("/jobs/*", job(0))
    for verb in ("retry", "abort", "forget"):
        server.on(f"/jobs/all/{verb}", JobsActed(jobs=312), method="POST")
    server.on("/jobs/*/retry", job(0, is_retrying=True), method="POST")
    for verb in ("abort", "forget"):
        server.on(f"/jobs/*/{verb}", JobsActed(jobs=1), method="POST")
    test_schedules.serve(server)


async def press(pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause(0.1)
    await settle(pilot)


async def narrow(pilot, text: str) -> None:
    assert isinstance(pilot.app.screen, ListScreen)
    pilot.app.screen.take_filter(text)
    await settle(pilot)
