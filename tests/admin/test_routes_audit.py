"""The trail over the API: admins see all of it, members what concerns themselves."""

from uuid import UUID

import pytest

from server.audit import service as audit
from server.lib.ids import uuid7
from tests.audit.trail import intruder
from tests.times import MONDAY

PATH = "/api/admin/audit"
EVENTS = "/api/auth/events"


async def get(client, who, path=PATH, **query):
    reply = await client.get(path, headers=who.headers, query_string=query)
    return reply.status_code, await reply.get_json()


async def actions(client, who, path=PATH, **query):
    status, body = await get(client, who, path, **query)
    assert status == 200, body
    return [item["action"] for item in body["items"]]


async def test_an_admin_lists_every_chain_newest_first(client, member, stranger):
    await audit.record(audit.SERVER_CHAIN, "key.rotated", actor_id=None, now=MONDAY)

    assert await actions(client, member) == [
        "user.signed_in",
        "user.created",
        "user.signed_in",
        "user.created",
        "key.rotated",
    ]


async def test_a_member_without_the_right_is_refused(client, member, stranger):
    status, body = await get(client, stranger)

    assert (status, body["code"]) == (403, "permission_missing")


async def test_an_entry_tells_who_what_when_and_its_place(client, member):
    actor_id, subject_id = uuid7(), uuid7()
    await audit.record(
        audit.SERVER_CHAIN,
        "key.rotated",
        actor_id=actor_id,
        subject_kind="key",
        subject_id=subject_id,
        address="192.0.2.1",
        details={"rows": 7},
        now=MONDAY,
    )

    _, body = await get(client, member, chain="server")

    (item,) = body["items"]
    assert len(item.pop("hash")) == 96
    item.pop("id")
    assert item == {
        "action": "key.rotated",
        "actor_id": str(actor_id),
        "subject_kind": "key",
        "subject_id": str(subject_id),
        "at": "2026-03-02T09:00:00Z",
        "address": "192.0.2.1",
        "details": {"rows": 7},
        "chain": "server",
        "sequence": 1,
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"action": "key.rotated"}, ["key.rotated"]),
        ({"action": "key"}, ["key.made", "key.rotated"]),
        ({"action": "ke"}, []),
        ({"action": "user.created"}, ["user.created"]),
        ({"chain": "server"}, ["key.made", "key.rotated"]),
        ({"chain": "00000000-0000-0000-0000-0000000000ff"}, []),
        ({"actor": "00000000-0000-0000-0000-000000000007"}, ["key.rotated"]),
        ({"subject": "00000000-0000-0000-0000-000000000008"}, ["key.made"]),
        ({"from": "2026-03-02T09:00:01Z", "to": "2026-03-03T00:00:00Z"}, ["key.made"]),
        ({"to": "2026-03-02T09:00:01Z"}, ["key.rotated"]),
    ],
)
async def test_a_list_is_narrowed(client, member, query, expected):
    await audit.record(
        audit.SERVER_CHAIN, "key.rotated", actor_id=UUID(int=7), subject_id=UUID(int=9), now=MONDAY
    )
    later = MONDAY.replace(hour=10)
    await audit.record(
        audit.SERVER_CHAIN, "key.made", actor_id=None, subject_id=UUID(int=8), now=later
    )

    assert await actions(client, member, **query) == expected


async def test_pages_follow_each_other(client, member, stranger):
    whole = await actions(client, member)
    seen, query = [], {"limit": "1"}
    while True:
        _, body = await get(client, member, **query)
        seen += [item["action"] for item in body["items"]]
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]

    assert seen == whole


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"action": "Key"},
        {"action": "a" * 61},
        {"actor": "x"},
        {"subject": "x"},
        {"chain": "x"},
        {"from": "x"},
        {"limit": "0"},
        {"unknown": "1"},
    ],
)
@pytest.mark.parametrize("path", [PATH, EVENTS])
async def test_a_bad_parameter_is_named(client, member, path, query):
    status, body = await get(client, member, path, **query)

    assert (status, [field["field"] for field in body["errors"]]) == (400, list(query))


async def verified(client, who):
    reply = await client.post(f"{PATH}/verify", headers=who.headers)
    return reply.status_code, await reply.get_json()


async def test_a_trail_as_it_was_written_is_whole(client, member, stranger):
    status, proof = await verified(client, member)

    assert (status, proof["is_whole"]) == (200, True)
    assert proof["entries"] == sum(chain["entries"] for chain in proof["items"]) > 0
    assert all(chain["flaw"] is None for chain in proof["items"])
    assert (await actions(client, member))[0] == "audit.verified"


async def test_a_trail_that_was_altered_names_the_first_bad_entry(
    client, member, stranger, servers, database
):
    async with intruder(servers, database) as owner:
        await owner.execute(
            "UPDATE audit_entries SET action = 'user.nothing' WHERE chain_id = $1 AND sequence = 2",
            stranger.scope.household_id,
        )

    status, proof = await verified(client, member)

    assert (status, proof["is_whole"]) == (200, False)
    assert proof["items"][0]["chain"] == str(stranger.scope.household_id)
    assert proof["items"][0]["flaw"]["sequence"] == 2
    assert proof["items"][0]["flaw"]["kind"] == "altered"


async def test_a_member_verifies_nothing(client, member, stranger):
    assert (await verified(client, stranger))[0] == 403


async def test_a_member_sees_what_they_did_and_what_was_tried_on_them(client, member, stranger):
    for who in (member, stranger):
        await audit.record(
            who.scope.household_id,
            "user.sign_in_failed",
            actor_id=None,
            subject_kind="user",
            subject_id=who.scope.user_id,
            now=MONDAY,
        )

    _, body = await get(client, stranger, EVENTS)

    assert [item["action"] for item in body["items"]] == [
        "user.signed_in",
        "user.created",
        "user.sign_in_failed",
    ]
    assert "chain" not in body["items"][0]


async def test_a_housemate_sees_nothing_of_ones_own_events(client, member, housemate):
    found = await actions(client, housemate, EVENTS)

    assert found == ["user.signed_in", "user.created"]


async def test_a_member_narrows_their_own_events(client, stranger):
    assert await actions(client, stranger, EVENTS, action="user.created") == ["user.created"]
