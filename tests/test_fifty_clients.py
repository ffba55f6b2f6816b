"""Fifty clients write the same thing at once: one wins, nothing is lost, the pool keeps up."""

import asyncio
import time
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest

from server import db
from server.contacts import service as contacts
from server.lib.clock import utc_now
from server.lib.per_loop import PerLoop
from server.users import idempotency
from tests.factories import make_member
from tests.rows import insert_suggestion
from tests.under_way import under_way

FIFTY = 50
PATIENCE_S = 5.0
"""A plain read meanwhile; on a quiet machine it takes a tenth of it."""


@pytest.fixture
async def contact(client, member):
    """A contact of the member, as the API made it."""
    made = await client.post(
        "/api/contacts", json={"name": "Ada", "custom_fields": {}}, headers=member.headers
    )
    return await made.get_json()


async def at_once(client, member, requests):
    """Send all, and a plain read while they are under way; return the replies."""

    async def read():
        await asyncio.sleep(0.02)
        started = time.perf_counter()
        reply = await client.get("/api/contacts", headers=member.headers)
        return reply.status_code, time.perf_counter() - started

    *replies, (status, took_s) = await asyncio.gather(*requests, read())

    assert status == 200
    assert took_s < PATIENCE_S
    if replies:
        assert_idle()
    return replies


def assert_idle():
    pool = db.engine().pool
    assert isinstance(pool, asyncpg.Pool)
    assert pool.get_idle_size() == pool.get_size()


def statuses(replies):
    return Counter(reply.status_code for reply in replies)


async def codes(replies):
    return {(await reply.get_json()).get("code") for reply in replies if reply.status_code >= 400}


async def test_of_fifty_edits_of_one_version_one_wins(client, member, contact):
    url, headers = f"/api/contacts/{contact['id']}", member.headers | {"If-Match": '"1"'}

    replies = await at_once(
        client,
        member,
        [client.patch(url, json={"nickname": f"A{n}"}, headers=headers) for n in range(FIFTY)],
    )

    assert statuses(replies) == {200: 1, 412: FIFTY - 1}


async def test_fifty_edits_of_different_fields_all_land(client, member, contact):
    url = f"/api/contacts/{contact['id']}"
    fields = ["nickname", "organisation", "title", "location", "notes"]
    bodies = [{fields[n % len(fields)]: f"v{n}"} for n in range(FIFTY)]

    replies = await at_once(
        client, member, [client.patch(url, json=body, headers=member.headers) for body in bodies]
    )

    assert statuses(replies) == {200: FIFTY}
    stored = await (await client.get(url, headers=member.headers)).get_json()
    assert stored["version"] == 1 + FIFTY
    assert all(stored[field].startswith("v") for field in fields)


async def test_fifty_edits_of_one_talk_all_land(client, member, contact):
    talk = {"contact_ids": [contact["id"]], "kind": "call", "occurred_at": "2026-01-01T10:00:00Z"}
    made = await client.post("/api/interactions", json=talk, headers=member.headers)
    url = f"/api/interactions/{(await made.get_json())['id']}"

    replies = await at_once(
        client,
        member,
        [client.patch(url, json={"notes": f"n{n}"}, headers=member.headers) for n in range(FIFTY)],
    )

    assert statuses(replies) == {200: FIFTY}


async def test_fifty_put_one_contact_into_a_group_once(client, member, contact):
    group = await client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)
    url = f"/api/groups/{(await group.get_json())['id']}/members"
    body = {"contact_ids": [contact["id"]]}

    replies = await at_once(
        client, member, [client.post(url, json=body, headers=member.headers) for _ in range(FIFTY)]
    )

    changed = [(await reply.get_json())["changed"] for reply in replies]
    assert (statuses(replies), sorted(changed)) == ({200: FIFTY}, [0] * (FIFTY - 1) + [1])


async def test_fifty_make_one_group_of_a_name(client, member):
    replies = await at_once(
        client,
        member,
        [
            client.post("/api/groups", json={"name": "Choir"}, headers=member.headers)
            for _ in range(FIFTY)
        ],
    )

    assert statuses(replies) == {201: 1, 409: FIFTY - 1}
    assert await codes(replies) == {"group_name_taken"}


async def test_fifty_tag_one_contact_with_one_new_tag(client, member, contact):
    url = f"/api/contacts/{contact['id']}/tags"

    replies = await at_once(
        client,
        member,
        [client.post(url, json={"name": "sings"}, headers=member.headers) for _ in range(FIFTY)],
    )

    assert statuses(replies) == {200: FIFTY}
    assert await db.fetch_value("SELECT count(*) FROM tags") == 1


async def test_of_fifty_acceptances_of_one_suggestion_one_counts(client, member, contact):
    later = utc_now() + timedelta(days=1)
    suggestion_id = await insert_suggestion(member, contact["id"], slot_start=later)
    url = f"/api/suggestions/{suggestion_id}/accept"

    replies = await at_once(
        client, member, [client.post(url, headers=member.headers) for _ in range(FIFTY)]
    )

    assert statuses(replies) == {200: 1, 409: FIFTY - 1}
    assert await codes(replies) == {"suggestion_not_open"}


async def test_fifty_delete_one_contact_once(client, member, contact):
    url = f"/api/contacts/{contact['id']}"

    replies = await at_once(
        client, member, [client.delete(url, headers=member.headers) for _ in range(FIFTY)]
    )

    assert statuses(replies) == {204: 1, 404: FIFTY - 1}


async def test_fifty_with_fifty_keys_hold_no_more_than_the_pool_has(client, member, contact):
    url = f"/api/contacts/{contact['id']}"

    replies = await at_once(
        client,
        member,
        [
            client.patch(
                url,
                json={"nickname": f"A{n}"},
                headers=member.headers | {idempotency.HEADER: f"key-{n}"},
            )
            for n in range(FIFTY)
        ],
    )

    assert statuses(replies) == {200: FIFTY}
    assert await db.fetch_value("SELECT version FROM contacts") == 1 + FIFTY


async def test_fifty_retries_of_one_write_end_with_one_reply(client, member):
    headers = member.headers | {idempotency.HEADER: "one"}

    async def insist():
        while True:
            reply = await client.post("/api/contacts", json={"name": "Ada"}, headers=headers)
            if reply.status_code != 409:
                return reply
            await asyncio.sleep(0.05)

    replies = await at_once(client, member, [insist() for _ in range(FIFTY)])

    assert statuses(replies) == {201: FIFTY}
    assert len({await reply.get_data() for reply in replies}) == 1
    assert await db.fetch_value("SELECT count(*) FROM contacts") == 1


async def test_slow_writes_with_keys_leave_half_of_the_pool_to_others(client, monkeypatch):
    monkeypatch.setattr(idempotency, "_turns", PerLoop(lambda: asyncio.Semaphore(4)))
    # Each of its own, for one user has a few requests at once and no more.
    *writers, reader = [await make_member() for _ in range(9)]
    waiting, go_on = [], asyncio.Event()
    real = contacts.create_contact

    async def slow(*args, **kwargs):
        waiting.append(1)
        await go_on.wait()
        return await real(*args, **kwargs)

    monkeypatch.setattr(contacts, "create_contact", slow)
    async with under_way(
        client.post(
            "/api/contacts",
            json={"name": "Ada"},
            headers=writer.headers | {idempotency.HEADER: "slow"},
        )
        for writer in writers
    ) as sent:
        while len(waiting) < 4:
            await asyncio.sleep(0.01)
        await at_once(client, reader, [])
        assert len(waiting) == 4
        go_on.set()
        replies = await asyncio.gather(*sent)

    assert statuses(replies) == {201: len(writers)}
