"""The orders in which the admin's lists come: each row once, whatever the order."""

from datetime import timedelta

import pytest

from server import queue
from server.audit import service as audit
from tests.messages.letters import insert_letter
from tests.rows import insert
from tests.times import MONDAY

JOBS = "/api/admin/jobs"
# Function, error and how many minutes ago.
FAILED = [
    ("vacuum", "TimeoutError", 1),
    ("retention", "TimeoutError", 2),
    ("vacuum", "OSError", 3),
    ("retention", "OSError", 4),
]


async def fail(function: str, error_code: str, ago: int, key: str = "") -> None:
    await insert(
        "job_failures",
        function=function,
        job_key=key or f"{function}:{ago}",
        payload={},
        attempts=3,
        error_code=error_code,
        error=error_code,
        failed_at=MONDAY - timedelta(minutes=ago),
    )


async def ask(client, member, path, **query):
    reply = await client.get(path, headers=member.headers, query_string=query)
    return reply.status_code, await reply.get_json()


async def walk(client, member, path, name="id", **query):
    """Return what each row says under `name`, page by page."""
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        status, page = await ask(client, member, path, limit=2, **query, **cursor)
        assert status == 200, page
        found += [one[name] for one in page["items"]]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize(
    ("sort", "keys"),
    [
        ({}, ["vacuum:1", "retention:2", "vacuum:3", "retention:4"]),
        ({"sort": "newest"}, ["vacuum:1", "retention:2", "vacuum:3", "retention:4"]),
        ({"sort": "oldest"}, ["retention:4", "vacuum:3", "retention:2", "vacuum:1"]),
        ({"sort": "function"}, ["retention:4", "retention:2", "vacuum:3", "vacuum:1"]),
        ({"sort": "error"}, ["retention:4", "vacuum:3", "retention:2", "vacuum:1"]),
    ],
)
async def test_failed_jobs_come_in_each_order(client, member, sort, keys):
    for function, error_code, ago in FAILED:
        await fail(function, error_code, ago)

    assert await walk(client, member, JOBS, name="key", **sort) == keys


@pytest.mark.parametrize("sort", ["newest", "oldest", "function", "error"])
async def test_jobs_that_failed_at_one_moment_come_once_each(client, member, sort):
    for number in range(5):
        await fail("vacuum", "OSError", 0, key=f"v:{number}")

    found = await walk(client, member, JOBS, name="key", sort=sort)

    assert sorted(found) == [f"v:{number}" for number in range(5)]


@pytest.mark.parametrize("state", ["queued", "scheduled"])
async def test_jobs_in_the_queue_come_from_either_end(client, member, state):
    for number in range(5):
        due = {"scheduled": 4_000_000_000 + number} if state == "scheduled" else {}
        await queue.shared_queue().enqueue("vacuum", key=f"v:{number}", **due)
    keys = [f"v:{number}" for number in range(5)]

    assert await walk(client, member, JOBS, state=state) == keys
    assert await walk(client, member, JOBS, state=state, sort="oldest") == keys
    assert await walk(client, member, JOBS, state=state, sort="newest") == keys[::-1]


async def test_a_cursor_of_the_other_end_is_refused(client, member):
    for number in range(3):
        await queue.enqueue("vacuum", key=f"v:{number}")
    _, page = await ask(client, member, JOBS, state="queued", limit=1)

    status, body = await ask(
        client, member, JOBS, state="queued", sort="newest", cursor=page["next_cursor"]
    )

    assert (status, body["errors"][0]["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize("sort", ["function", "error"])
async def test_only_failed_jobs_have_the_orders_that_need_an_index(client, member, sort):
    status, body = await ask(client, member, JOBS, state="queued", sort=sort)

    assert (status, body["errors"]) == (
        400,
        [{"field": "sort", "code": "not_failed", "message": "belongs to the state failed"}],
    )


async def test_messages_come_oldest_first_too(client, member):
    ids = [
        str(await insert_letter(member, created_at=MONDAY + timedelta(hours=number)))
        for number in range(3)
    ]

    assert await walk(client, member, "/api/admin/messages") == ids[::-1]
    assert await walk(client, member, "/api/admin/messages", sort="oldest") == ids


async def test_entries_of_the_trail_come_oldest_first_too(client, member):
    for number in range(3):
        at = MONDAY + timedelta(hours=number)
        await audit.record(audit.SERVER_CHAIN, f"key.done_{'abc'[number]}", actor_id=None, now=at)
    path, query = "/api/admin/audit", {"chain": "server", "action": "key", "name": "action"}

    newest = await walk(client, member, path, **query)
    oldest = await walk(client, member, path, sort="oldest", **query)

    assert oldest == newest[::-1]
    assert len(oldest) == 3


async def test_keys_come_newest_first_too(client, member):
    oldest = await walk(client, member, "/api/admin/keys")
    newest = await walk(client, member, "/api/admin/keys", sort="newest")

    assert newest == oldest[::-1]
    assert len(newest) > 2
