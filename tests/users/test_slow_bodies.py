"""Bodies that arrive slowly, or never, take nothing from their user's other requests."""

import asyncio

import pytest

from server.users import turns
from tests.openapi_walk import VCARD
from tests.under_way import under_way

LIST = "/api/contacts"
FILE, JSON = (f"{LIST}/import", VCARD.encode()), (LIST, b'{"name": "Ada"}')


async def send(client, member, path, body, rest):
    headers = member.headers | {
        "Content-Type": "application/json" if path == LIST else "text/vcard"
    }
    async with client.request(path, method="POST", headers=headers) as connection:
        await connection.send(body[:10])
        await rest.wait()
        await connection.send(body[10:])
        await connection.send_complete()
    return connection.status_code


@pytest.mark.parametrize(("path", "body", "status"), [(*FILE, 200), (*JSON, 201)])
async def test_five_slow_bodies_leave_their_user_all_turns(
    client, member, monkeypatch, path, body, status
):
    monkeypatch.setitem(turns.WAIT_S, "requests", 0.2)
    rest = asyncio.Event()
    async with under_way(send(client, member, path, body, rest) for _ in range(5)) as sent:
        while not any(made.wanted == 5 for made in turns._turns.values()):
            await asyncio.sleep(0.01)
        reads = [await client.get(LIST, headers=member.headers) for _ in range(3)]
        rest.set()
        replies = await asyncio.gather(*sent)

    assert [reply.status_code for reply in reads] == [200, 200, 200]
    assert set(replies) <= {status, 409}


async def test_a_sixth_upload_waits_outside_and_is_told_to_come_back(client, member, monkeypatch):
    monkeypatch.setitem(turns.WAIT_S, "uploads", 0.2)
    rest = asyncio.Event()
    async with under_way(send(client, member, *FILE, rest) for _ in range(5)):
        while not any(made.wanted == 5 for made in turns._turns.values()):
            await asyncio.sleep(0.01)
        reply = await client.post(FILE[0], data=FILE[1], headers=member.headers)
        read = await client.get(LIST, headers=member.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (503, "too_many_at_once")
    assert read.status_code == 200
