"""Pages of every list while others write: what stays as it was comes once, never twice or not."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from server import db
from server.lib import cursors
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from tests.openapi_walk import NEEDED_QUERY, operations
from tests.owned import own_one_of_each
from tests.rows import insert_contact, insert_own, insert_suggestion
from tests.times import MONDAY

_numbers = count(1)


@dataclass(frozen=True)
class Listed:
    """A list: its address, and how a row of it comes, moves to another place and goes."""

    path: Callable[[UUID], str]
    add: Callable[..., Awaitable[UUID]]
    table: str
    move: str
    place: Callable[[random.Random], Any]
    query: str = ""


def word(chance: random.Random) -> str:
    """A name: few letters, so that many are the same but for their number."""
    return f"{chance.choice('aAbBcÄ')}{chance.choice('mn')}"


def moment(chance: random.Random) -> datetime:
    return MONDAY + timedelta(hours=chance.randrange(40))


async def add_contact(member, _, name):
    return await insert_contact(member, name=name)


async def add_member(member, parents, name):
    contact_id = await insert_contact(member, name=name)
    await insert_own(
        "group_members",
        member,
        group_id=parents["group"],
        contact_id=contact_id,
        created_at=MONDAY,
    )
    return contact_id


async def add_group(member, _, name):
    # Names are unique whatever their case.
    return await insert_own("groups", member, name=f"{name} {next(_numbers)}", created_at=MONDAY)


async def add_tag(member, _, name):
    name = f"{name} {next(_numbers)}"
    return await insert_own("tags", member, name=name, name_key=name.lower(), created_at=MONDAY)


async def add_contact_tag(member, parents, name):
    tag_id = await add_tag(member, parents, name)
    await insert_own(
        "contact_tags", member, tag_id=tag_id, contact_id=parents["contact"], created_at=MONDAY
    )
    return tag_id


async def add_feed(member, _, name):
    return await insert_own(
        "feeds", member, name=name, token_hash=random.randbytes(32), created_at=MONDAY
    )


async def add_import(member, _, at):
    return await insert_own("imports", member, format="csv", content_sha256=b"x", created_at=at)


async def add_talk(member, parents, at):
    talk_id = await insert_own(
        "interactions",
        member,
        kind="call",
        state="confirmed",
        occurred_at=at,
        created_at=MONDAY,
        updated_at=MONDAY,
    )
    await insert_own(
        "interaction_contacts", member, interaction_id=talk_id, contact_id=parents["contact"]
    )
    return talk_id


async def add_suggestion(member, parents, _):
    # Slots of a user never overlap: this one has its own hour.
    at = MONDAY + timedelta(hours=next(_numbers))
    contact_id = await insert_contact(member)
    return await insert_suggestion(member, contact_id, slot_start=at)


async def add_session(member, _, at):
    times = {"created_at": at, "last_used_at": at, "expires_at": utc_now() + timedelta(days=1)}
    return await insert_own("sessions", member, user_agent="x", address="x", **times)


LISTS = {
    "contacts": Listed(
        lambda _: "contacts", add_contact, "contacts", "name_key = lower($2), name = $2", word
    ),
    "members": Listed(
        lambda group: f"groups/{group}/members",
        add_member,
        "contacts",
        "name_key = lower($2), name = $2",
        word,
    ),
    "groups": Listed(
        lambda _: "groups", add_group, "groups", "name = $2 || ' ' || right(id::text, 12)", word
    ),
    "tags": Listed(
        lambda _: "tags", add_tag, "tags", "name_key = $2 || ' ' || right(id::text, 12)", word
    ),
    "contact tags": Listed(
        lambda contact: f"contacts/{contact}/tags",
        add_contact_tag,
        "tags",
        "name_key = $2 || ' ' || right(id::text, 12)",
        word,
    ),
    "feeds": Listed(
        lambda _: "feeds", add_feed, "feeds", "name = $2 || ' ' || right(id::text, 12)", word
    ),
    "imports": Listed(
        lambda _: "contacts/imports", add_import, "imports", "created_at = $2", moment
    ),
    "interactions": Listed(
        lambda _: "interactions", add_talk, "interactions", "occurred_at = $2", moment
    ),
    "contact's interactions": Listed(
        lambda contact: f"contacts/{contact}/interactions",
        add_talk,
        "interactions",
        "occurred_at = $2",
        moment,
    ),
    "sessions": Listed(
        lambda _: "auth/sessions", add_session, "sessions", "last_used_at = $2", moment
    ),
    "suggestions": Listed(
        lambda _: "suggestions",
        add_suggestion,
        "suggestions",
        # A snoozed one has no slot: it goes to the end.
        "state = 'snoozed', slot_start = NULL, slot_end = NULL, snoozed_until = $2",
        moment,
    ),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", LISTS)
async def test_what_stays_as_it_was_comes_once(client, member, name, seed):
    listed, chance = LISTS[name], random.Random(f"{name} {seed}")
    await db.execute("DELETE FROM groups")
    parents = {
        "contact": await insert_contact(member, name="m"),
        "group": await insert_own("groups", member, name="m", created_at=MONDAY),
    }
    parent = parents["group" if name == "members" else "contact"]

    async def add() -> UUID:
        return await listed.add(member, parents, listed.place(chance))

    steady = {await add() for _ in range(12)}
    restless = [await add() for _ in range(6)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": chance.randrange(1, 5)} | ({"cursor": cursor} if cursor else {})
        reply = await client.get(
            f"/api/{listed.path(parent)}", query_string=query, headers=member.headers
        )
        page = await reply.get_json()
        assert reply.status_code == 200, page
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        moved, gone = chance.choice(restless), chance.choice(restless)
        await db.execute(
            f"UPDATE {listed.table} SET {listed.move} WHERE id = $1", moved, listed.place(chance)
        )
        await db.execute(f"DELETE FROM {listed.table} WHERE id = $1", gone)
        restless.append(await add())

    steady_seen = [one for one in seen if UUID(one) in steady]
    assert len(steady_seen) == len(steady)
    assert {UUID(one) for one in steady_seen} == steady


def with_cursor(app):
    return [one for one in operations(app) if one.method == "GET" and "cursor" in one.query]


def test_every_list_with_pages_is_tried_here_or_has_fixed_rows(client):
    names = {operation.name for operation in with_cursor(client.app)}

    assert names == {
        "get_import",  # a ledger never changes
        "list_alerts",  # tests/lib/test_paging.py
        "list_own_invitations",  # the same
        "list_user_sessions",  # the same
        "list_jobs",  # tests/admin/test_routes_jobs.py
        "list_users",  # tests/admin/test_routes_users.py
        "list_messages",  # tests/admin/test_routes_messages.py
        "list_replies",  # tests/replies/test_routes.py
        "list_audit_entries",  # nor does the trail: tests/admin/test_routes_audit.py
        "list_security_events",
        "list_calendar_connections",  # these four: tests/lib/test_paging.py
        "list_calendars",
        "list_circles",
        "list_free_slots",
        "list_contact_interactions",
        "list_contact_tags",
        "list_contacts",
        "list_events",  # tests/calendars/test_routes.py
        "list_group_members",
        "list_feeds",
        "list_groups",
        "list_imports",
        "list_interactions",
        "list_invitations",  # these four, too
        "list_keys",
        "list_key_rotations",
        "list_sessions",
        "list_suggestions",
        "list_tags",
        "list_tokens",
    }


BAD = {
    "of another kind": cursors.encode((1, 2, 3, 4, 5)),
    "not base64": "!!",
    "empty": "",
    "cut": cursors.encode(("ana", uuid7()))[:-3],
    "with a null byte": "bnVsbA\0",
    "too long": "A" * 3000,
    "nested": "W1tbW1tbW1tb" * 100,
}


@pytest.mark.parametrize("cursor", BAD.values(), ids=BAD.keys())
async def test_a_cursor_that_no_list_gave_is_refused_by_name(client, member, cursor):
    own = {**await own_one_of_each(client, member), "user": member.scope.user_id}
    for operation in with_cursor(client.app):
        request = operation.request(member, own)
        spans = {n: value for n, value in request.query.items() if n in NEEDED_QUERY}
        reply = await client.get(
            request.path, query_string=spans | {"cursor": cursor}, headers=member.headers
        )
        body = await reply.get_json()
        assert reply.status_code == 400, (operation.name, body)
        assert [error["field"] for error in body["errors"]] == ["cursor"], operation.name
