"""`catchup jobs`, `queues`, `schedules` and `logs`, run as an admin runs them on the box."""

import json

import pytest

from server import config, db
from server.embedded.kept_lines import KeptLines
from server.jobs import service
from tests.rows import insert
from tests.times import MONDAY


@pytest.fixture
async def failed(catchup):
    """Return the ids of three failed jobs."""
    async with db.pool(config.settings(), max_size=1):
        await service.sync_schedules(now=MONDAY)
        return [
            str(
                await insert(
                    "job_failures",
                    function=function,
                    job_key=f"{function}:{number}",
                    payload={"user_id": "01934d6e"},
                    attempts=3,
                    error_code="TimeoutError",
                    error="TimeoutError",
                    failed_at=MONDAY,
                )
            )
            for number, function in enumerate(["vacuum", "retention", "retention"])
        ]


async def listed(catchup, *words):
    return json.loads((await catchup("jobs", "list", *words, "--json")).stdout)


async def test_failed_jobs_are_listed(catchup, failed):
    done = await catchup("jobs", "list", "--function", "vacuum")

    assert done.exit_code == 0, done.output
    assert (failed[0] in done.stdout, failed[1] in done.stdout) == (True, False)
    assert "TimeoutError" in done.stdout


async def test_one_is_shown_with_its_ids(catchup, failed):
    assert "01934d6e" in (await catchup("jobs", "show", failed[0])).stdout


async def test_an_act_on_many_shows_them_and_asks(catchup, failed):
    refused = await catchup("jobs", "forget", "--function", "retention", typed="n\n")
    before = len(await listed(catchup))
    done = await catchup("jobs", "forget", "--function", "retention", typed="y\n")

    assert ("2  retention" in refused.stdout, refused.exit_code, before) == (True, 1, 3)
    assert done.exit_code == 0, done.output
    assert [one["function"] for one in await listed(catchup)] == ["vacuum"]


async def test_one_is_retried(catchup, failed):
    done = await catchup("jobs", "retry", failed[0], "--json")

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["is_retrying"] is True


async def test_an_act_on_none_says_so(catchup):
    done = await catchup("jobs", "abort", "--state", "running", "--yes")

    assert (done.exit_code, done.stderr) == (1, "catchup: there are no such running jobs\n")


async def test_the_trail_says_who_did_it_at_the_box(catchup, failed):
    await catchup("jobs", "forget", failed[0])

    [entry] = json.loads(
        (await catchup("audit", "list", "--action", "jobs.forgotten", "--json")).stdout
    )
    assert "unix_user" in json.dumps(entry)


async def test_a_filter_that_makes_no_sense_is_refused(catchup):
    done = await catchup("jobs", "list", "--function", "no such")

    assert (done.exit_code, done.stderr.startswith("catchup: function:")) == (1, True)


async def test_the_queue_is_counted(catchup, failed):
    assert "3 failed" in (await catchup("queues", "list")).stdout


async def test_a_schedule_is_started(catchup, failed):
    done = await catchup("schedules", "run", "retention")
    unknown = await catchup("schedules", "run", "nothing")

    assert (done.stdout, unknown.exit_code) == ("retention is queued.\n", 1)
    assert "retention" in (await catchup("schedules", "list")).stdout


async def test_lines_of_the_log_are_printed_without_escapes(catchup, tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHUP_HOME", str(tmp_path))
    line = {"event": "a\x1b[2J", "level": "info", "timestamp": MONDAY.isoformat(), "x": "\x9b1m"}
    KeptLines(tmp_path / "logs", "worker").write(json.dumps(line))

    done = await catchup("logs")

    assert done.exit_code == 0, done.output
    assert done.stdout == ('2026-03-02 09:00:00 info     worker  a\\u001b[2J x="\\u009b1m"\n')
