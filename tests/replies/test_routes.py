from datetime import timedelta
from uuid import uuid4

import pytest

from tests.replies.answering import answer, store
from tests.times import MONDAY


async def listed(client, member, query=""):
    reply = await client.get(f"/api/inbox{query}", headers=member.headers)
    return await reply.get_json()


async def test_the_inbox_shows_own_replies_the_newest_first(client, member, housemate):
    await answer(member, "Ben has moved to Oslo")
    await answer(housemate, "Not for you")
    await store(member, "1 yes", now=MONDAY + timedelta(hours=1))

    items = (await listed(client, member))["items"]

    assert [(item["text"], item["state"], item["outcome_code"]) for item in items] == [
        ("1 yes", "received", None),
        ("Ben has moved to Oslo", "proposed", "note"),
    ]


async def test_only_notes_are_shown_when_asked_for(client, member):
    await answer(member, "Ben has moved to Oslo")
    await answer(member, "thanks")

    items = (await listed(client, member, "?state=proposed"))["items"]

    assert [item["text"] for item in items] == ["Ben has moved to Oslo"]


async def test_pages_follow_each_other(client, member):
    for minutes in range(5):
        await store(member, f"note {minutes}", now=MONDAY + timedelta(minutes=minutes))

    first = await listed(client, member, "?limit=3")
    rest = await listed(client, member, f"?limit=3&cursor={first['next_cursor']}")

    texts = [item["text"] for item in first["items"] + rest["items"]]
    assert texts == [f"note {minutes}" for minutes in (4, 3, 2, 1, 0)]
    assert rest["next_cursor"] is None


async def test_a_mail_is_shown_without_what_it_quotes(client, member):
    await store(member, "Ben moved\n\n> 1 Ben\n> 2 Cleo", channel="email")

    assert (await listed(client, member))["items"][0]["text"] == "Ben moved"


async def test_a_note_is_settled_once(client, member):
    await answer(member, "Ben has moved to Oslo")
    note = (await listed(client, member))["items"][0]["id"]

    first = await client.post(f"/api/inbox/{note}/dismiss", headers=member.headers)
    again = await client.post(f"/api/inbox/{note}/dismiss", headers=member.headers)

    assert (await first.get_json())["outcome_code"] == "note_dismissed"
    assert (again.status_code, (await again.get_json())["code"]) == (409, "not_a_note")
    assert (await listed(client, member, "?state=proposed"))["items"] == []


@pytest.mark.parametrize("owner", ["housemate", "nobody"])
async def test_anothers_note_is_not_there(client, member, housemate, owner):
    note = await store(housemate, "secret") if owner == "housemate" else uuid4()

    for method, path in (("GET", ""), ("POST", "/dismiss")):
        reply = await client.open(f"/api/inbox/{note}{path}", method=method, headers=member.headers)
        assert reply.status_code == 404
