"""The queue over the API: jobs are listed, retried, aborted and forgotten; schedules are run."""

from datetime import timedelta
from typing import cast

import pytest

from server import db, queue, queue_reading, redis_client
from server.admin import service_job_acts
from server.audit import service as audit
from server.jobs import service, service_failures
from server.lib.ids import uuid7
from server.redis_client import shared
from tests.times import MONDAY

JOBS = "/api/admin/jobs"


async def fail(function="suggest_to_user", error_code="TimeoutError", *, key=None, ago=0):
    failure_id = uuid7()
    await db.execute(
        """INSERT INTO job_failures
                (id, function, job_key, payload, attempts, error_code, error, failed_at)
            VALUES ($1, $2, $3, $4, 3, $5::text, $5::text, $6)""",
        failure_id,
        function,
        key or f"{function}:{failure_id}",
        {"user_id": str(failure_id)},
        error_code,
        MONDAY - timedelta(minutes=ago),
    )
    return failure_id


async def get(client, member, path, **query):
    reply = await client.get(path, headers=member.headers, query_string=query)
    return await reply.get_json()


async def post(client, member, path, **body):
    return await client.post(path, headers=member.headers, json=body)


async def actions():
    return [
        row["action"]
        for row in await db.fetch(
            "SELECT action FROM audit_entries WHERE chain_id = $1 ORDER BY sequence DESC LIMIT 1",
            audit.SERVER_CHAIN,
        )
    ]


async def waiting():
    prefix = f"saq:job:{queue.NAME}:"
    ids = cast(list[bytes], await shared().lrange(f"saq:{queue.NAME}:queued", 0, -1))
    return sorted(one.decode().removeprefix(prefix) for one in ids)


async def test_failed_jobs_come_newest_first_a_page_at_a_time(client, member):
    ids = [str(await fail(ago=ago)) for ago in range(5)]

    first = await get(client, member, JOBS, limit=3)
    second = await get(client, member, JOBS, limit=3, cursor=first["next_cursor"])

    assert [one["id"] for one in (*first["items"], *second["items"])] == ids
    assert second["next_cursor"] is None
    assert first["items"][0]["error_code"] == "TimeoutError"


async def test_queued_jobs_come_as_they_will_run(client, member):
    for number in range(5):
        await queue.enqueue("suggest_to_user", key=f"job:{number}", user_id=str(number))

    first = await get(client, member, JOBS, state="queued", limit=3)
    second = await get(client, member, JOBS, state="queued", limit=3, cursor=first["next_cursor"])

    found = [(one["id"], one["ids"]) for one in (*first["items"], *second["items"])]
    assert found == [(f"job:{number}", {"user_id": str(number)}) for number in range(5)]
    assert {one["state"] for one in first["items"]} == {"queued"}


@pytest.mark.parametrize("state", ["queued", "failed"])
async def test_a_filter_finds_function_and_part_of_an_id(client, member, state):
    for function, key in [("retention", "a:1"), ("retention", "a:2"), ("vacuum", "a:2b")]:
        if state == "failed":
            await fail(function, key=key)
        else:
            await queue.enqueue(function, key=key)

    by_function = await get(client, member, JOBS, state=state, function="retention")
    by_key = await get(client, member, JOBS, state=state, q="a:2")
    counted = await get(client, member, f"{JOBS}/count", state=state, q="a:")

    assert {one["function"] for one in by_function["items"]} == {"retention"}
    assert {one["key"] for one in by_key["items"]} == {"a:2", "a:2b"}
    assert counted == {
        "jobs": 3,
        "by_function": {"retention": 2, "vacuum": 1},
        "is_complete": True,
    }


async def test_waiting_jobs_are_counted_some_at_a_time_up_to_a_limit(client, member, monkeypatch):
    for number in range(7):
        await queue.enqueue("vacuum", key=f"v:{number}")
    monkeypatch.setattr(queue_reading, "COUNTED_AT_ONCE", 2)

    whole = await get(client, member, f"{JOBS}/count", state="queued")
    monkeypatch.setattr(queue_reading, "MOST_COUNTED", 4)
    part = await get(client, member, f"{JOBS}/count", state="queued")

    assert (whole["jobs"], whole["is_complete"]) == (7, True)
    assert (part["jobs"], part["is_complete"]) == (4, False)


async def test_a_cursor_of_another_list_is_refused(client, member):
    for number in range(2):
        await queue.enqueue("vacuum", key=f"v:{number}")
    page = await get(client, member, JOBS, state="queued", limit=1)

    reply = await client.get(
        JOBS,
        headers=member.headers,
        query_string={"state": "running", "cursor": page["next_cursor"]},
    )

    assert reply.status_code == 400
    assert (await reply.get_json())["errors"][0]["code"] == "bad_cursor"


async def test_a_retried_job_is_queued_again_by_the_worker(client, member):
    failure_id = await fail(key="suggest_to_user:x")

    reply = await post(client, member, f"{JOBS}/{failure_id}/retry")
    assert (await reply.get_json())["is_retrying"] is True
    assert await waiting() == ["retry_failed_jobs"]
    assert await actions() == ["jobs.retried"]
    assert await service_failures.retry_asked(now=MONDAY) == 1

    [job] = (await get(client, member, JOBS, state="queued", q="suggest_to_user"))["items"]
    assert (job["id"], job["ids"]) == ("suggest_to_user:x", {"user_id": str(failure_id)})
    assert (await get(client, member, JOBS))["items"] == []


async def test_a_retry_whose_nudge_was_lost_is_found_by_the_reconciler(client, member):
    failure_id = await fail()
    await post(client, member, f"{JOBS}/{failure_id}/retry")
    await shared().flushdb()

    await service.reconcile(now=MONDAY)

    assert "retry_failed_jobs" in await waiting()


async def test_many_are_retried_by_a_filter(client, member):
    for ago in range(450):
        await fail("retention" if ago % 3 else "vacuum", key=f"k:{ago}", ago=ago)

    reply = await post(client, member, f"{JOBS}/all/retry", function="retention", expected=300)
    done = await service_failures.retry_asked(now=MONDAY)

    assert (reply.status_code, await reply.get_json(), done) == (202, {"jobs": 300}, 300)
    assert (await get(client, member, f"{JOBS}/count"))["by_function"] == {"vacuum": 150}


@pytest.mark.parametrize("act", ["retry", "forget"])
async def test_an_act_on_another_number_than_was_seen_is_refused(client, member, act):
    await fail()
    await fail()

    reply = await post(client, member, f"{JOBS}/all/{act}", expected=1)

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "jobs_changed")
    assert (await get(client, member, f"{JOBS}/count"))["jobs"] == 2
    assert not any(one["is_retrying"] for one in (await get(client, member, JOBS))["items"])


async def test_a_forgotten_job_is_not_tried_again(client, member):
    failure_id = await fail()

    await post(client, member, f"{JOBS}/{failure_id}/forget")
    again = await post(client, member, f"{JOBS}/{failure_id}/retry")

    assert again.status_code == 404
    assert (await get(client, member, JOBS))["items"] == []


async def test_an_aborted_job_is_gone_from_the_queue(client, member):
    for number in range(3):
        await queue.enqueue("suggest_to_user", key=f"job:{number}")

    one = await post(client, member, f"{JOBS}/job:1/abort")
    rest = await post(client, member, f"{JOBS}/all/abort", state="queued", expected=2)

    assert (await one.get_json(), await rest.get_json()) == ({"jobs": 1}, {"jobs": 2})
    assert await waiting() == []
    assert await actions() == ["jobs.aborted"]


async def test_a_job_that_waits_cannot_be_retried(client, member):
    await queue.enqueue("vacuum", key="v")

    reply = await post(client, member, f"{JOBS}/v/retry")

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "job_not_failed")


async def test_the_queue_is_counted(client, member):
    await queue.enqueue("vacuum", key="v")
    await fail()

    [found] = (await get(client, member, "/api/admin/queues"))["items"]

    assert (found["queued"], found["running"], found["scheduled"]) == (1, 0, 0)
    assert (found["failed"], found["retrying"], found["workers"]) == (1, 0, [])
    assert found["oldest_queued_at"] is not None


async def test_without_redis_failed_jobs_are_listed_and_the_rest_says_why(
    client, member, monkeypatch
):
    await fail()
    await queue.close()
    monkeypatch.setattr(
        queue, "shared", lambda: redis_client.client("redis://127.0.0.1:1/0", patient=False)
    )

    failed = await get(client, member, JOBS)
    queued = await client.get(JOBS, headers=member.headers, query_string={"state": "queued"})

    assert len(failed["items"]) == 1
    assert (queued.status_code, (await queued.get_json())["code"]) == (503, "redis_unavailable")
    assert queued.headers["Retry-After"]
    await queue.close()


async def test_a_schedule_runs_when_asked(client, member):
    await service.sync_schedules(now=MONDAY)

    reply = await post(client, member, "/api/admin/schedules/retention/run")
    listed = await get(client, member, "/api/admin/schedules")

    assert reply.status_code == 202
    assert await waiting() == ["schedule:retention"]
    assert await actions() == ["schedule.started"]
    assert "retention" in {one["name"] for one in listed["items"]}


async def test_a_schedule_without_success_for_too_long_is_late(client, member):
    await service.sync_schedules(now=MONDAY)

    listed = await get(client, member, "/api/admin/schedules")

    assert {one["is_late"] for one in listed["items"]} == {True}


async def test_a_member_is_refused(client, member, stranger):
    statuses = [
        (await client.get(path, headers=stranger.headers)).status_code
        for path in (JOBS, "/api/admin/queues", "/api/admin/schedules", f"{JOBS}/count")
    ]

    assert set(statuses) == {403}


async def test_what_has_not_failed_is_not_filtered_by_its_error(client, member):
    await queue.enqueue("vacuum", key="v")

    reply = await post(
        client,
        member,
        f"{JOBS}/all/abort",
        state="queued",
        error_code="TimeoutError",
        expected=1,
    )

    assert (await reply.get_json())["errors"][0]["field"] == "error_code"
    assert await waiting() == ["v"]


async def test_more_than_one_call_may_abort_are_refused(client, member, monkeypatch):
    monkeypatch.setattr(service_job_acts, "MOST_ABORTED", 1)
    for number in range(2):
        await queue.enqueue("vacuum", key=f"v:{number}")

    reply = await post(client, member, f"{JOBS}/all/abort", state="queued", expected=2)

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "too_many_jobs")
    assert await waiting() == ["v:0", "v:1"]
