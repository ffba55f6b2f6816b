"""One object of each kind that a request may name, made over HTTP as its owner would."""

from datetime import timedelta
from itertools import count
from typing import Any, TypedDict
from uuid import UUID, uuid4

from quart.typing import TestClientProtocol

from server import db, queue
from server.digests import unsubscribe
from server.jobs.service import sync_schedules
from server.keys import macs
from server.keys import service as keys
from server.keys.envelope import new_key
from server.keys.macs import Use
from server.keys.queries import insert_keys
from server.keys.service import ring_row
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.lib.opaque_tokens import hash_token
from server.users import sessions
from server.users.sessions import Device
from tests.factories import Member
from tests.mfa import MfaState, mfa_words
from tests.openapi_walk import CALENDAR, PHOTO, VCARD
from tests.rows import insert, insert_suggestion, make
from tests.times import MONDAY

TABLES = {
    "api_token": "api_tokens",
    "calendar": "calendars",
    "connection": "calendar_connections",
    "contact": "contacts",
    "feed": "feeds",
    "group": "groups",
    "import": "imports",
    "interaction": "interactions",
    "reply": "inbox_messages",
    "session": "sessions",
    "invitation": "invitations",
    "suggestion": "suggestions",
    "tag": "tags",
}
_numbers = count(1)


class States(TypedDict, total=False):
    """What an operation needs that gets through: arguments of `own_one_of_each`."""

    suggestion_state: str
    mfa: MfaState


_STATES: dict[str, States] = {
    "confirm_suggestion": {"suggestion_state": "accepted"},
    "confirm_totp": {"mfa": "begun"},
    "disable_totp": {"mfa": "on"},
    "renew_recovery_codes": {"mfa": "on"},
    "verify_mfa": {"mfa": "on"},
}


def states_for(operation: str) -> States:
    """Return the states in which an operation gets through."""
    return _STATES.get(operation, {})


async def own_one_of_each(
    client: TestClientProtocol,
    member: Member,
    *,
    suggestion_state: str = "pending",
    mfa: MfaState = "off",
) -> dict[str, Any]:
    """Make private objects of `member`'s; return the id of each kind, and words that fit them.

    The contact has the tag and a photo, the interaction is a past plan, an accepted suggestion
    has begun.
    """
    number = next(_numbers)
    # Slots of one user must not overlap; they lie in the past for "accepted" only.
    sign = -1 if suggestion_state == "accepted" else 1
    slot_start = utc_now() + sign * timedelta(hours=number)

    async def post(path: str, **body: Any) -> dict[str, Any]:
        reply = await client.post(f"/api/{path}", headers=member.headers, **body)
        made: dict[str, Any] = await reply.get_json()
        assert reply.status_code in {200, 201}, made
        return made

    words = await mfa_words(member, mfa)
    await sessions.open_session(member.scope, Device(), now=utc_now())
    listed = await client.get("/api/auth/sessions", headers=member.headers)
    session = (await listed.get_json())["items"][0]
    assert not session["is_current"]
    contact = await post("contacts", json={"name": f"Nora {number}"})
    path = f"/api/contacts/{contact['id']}/photo"
    reply = await client.put(path, headers=member.headers, data=PHOTO)
    assert reply.status_code == 200, await reply.get_json()
    group = await post("groups", json={"name": f"Choir {number}"})
    await post(f"groups/{group['id']}/members", json={"contact_ids": [contact["id"]]})
    tag = await post(f"contacts/{contact['id']}/tags", json={"name": f"sings{number}"})
    plan = {
        "contact_ids": [contact["id"]],
        "kind": "call",
        "state": "planned",
        "occurred_at": (utc_now() - timedelta(days=1)).isoformat(),
    }
    interaction = await post("interactions", json=plan)
    calendar = (await post(f"calendars/import?name=Plans{number}", data=CALENDAR))["calendar"]
    feed = await post("feeds", json={"name": f"Phone {number}"})
    link = {"provider": "ics_link", "url": f"https://calendar.example.org/{number}.ics"}
    connection = await post("calendars/connections", json=link)
    imported = await post("contacts/import", data=VCARD.replace("walk", f"walk{number}"))
    suggestion_id = await insert_suggestion(
        member, UUID(contact["id"]), slot_start=slot_start, state=suggestion_state
    )
    token = await post("auth/tokens", json={"name": "x", "scopes": ["contacts:read"]})
    await _own_a_reset(member)
    reply_id = await _own_a_note(member)
    await _await_a_code(member)
    # By hand: only owners may invite.
    invitation_id = await make("invitations", member)
    return {
        "api_token": UUID(token["id"]),
        "calendar": UUID(calendar["id"]),
        "connection": UUID(connection["id"]),
        "contact": UUID(contact["id"]),
        "feed": UUID(feed["id"]),
        "feed_token": feed["url"].rsplit("/", 1)[1].removesuffix(".ics"),
        "group": UUID(group["id"]),
        "import": UUID(imported["id"]),
        "interaction": UUID(interaction["id"]),
        # Keys are the server's, nobody's own; tests/admin/test_routes_keys.py tries real ones.
        "key": uuid4(),
        # The same: to admins every message is there; tests/admin/test_routes_messages.py.
        "message": uuid4(),
        "user": uuid4(),
        "reply": reply_id,
        "session": UUID(session["id"]),
        "invitation": invitation_id,
        "unsubscribe_token": await unsubscribe.token_of(member.scope),
        "restore_token": await _close_an_account(),
        "suggestion": suggestion_id,
        "tag": UUID(tag["id"]),
        "words": words,
    }


async def _own_a_note(member: Member) -> UUID:
    """Leave the user a note that waits: a reply that was no command."""
    reply_id = uuid7()
    box = await keys.box(member.scope.household_id)
    body = box.seal("inbox_messages", "body", reply_id, "Ben has moved to Oslo")
    return await make("inbox_messages", member, id=reply_id, body=body, state="proposed")


async def _close_an_account() -> str:
    """Close the account of nobody in particular; return the token that opens it again."""
    token, now = f"cux_{uuid4().hex}", utc_now()
    await insert(
        "erasures",
        person_id=uuid4(),
        home_id=uuid4(),
        requested_at=now,
        due_at=now + timedelta(days=7),
        shared="hand_over",
        restore_hash=hash_token(token),
    )
    return token


async def make_key() -> UUID:
    """Make a signing key whose last token has expired: it can be retired, or revoked."""
    key_id = uuid7()
    version = await db.fetch_value("SELECT max(key_version) FROM key_ring WHERE purpose = 'jwt'")
    row = ring_row(key_id, "jwt", new_key(), key_version=version + 1, state="retiring")
    await insert_keys([row], now=MONDAY)
    await db.execute("UPDATE key_ring SET needed_until = $2 WHERE id = $1", key_id, MONDAY)
    return key_id


async def make_jobs(own: dict[str, Any], *, is_queued: bool) -> None:
    """Leave one failed job, and one that waits; `own` then names the one or the other."""
    await sync_schedules(now=MONDAY)
    failure = await insert(
        "job_failures",
        function="vacuum",
        job_key="suggest_to_user:failed",
        payload={},
        attempts=3,
        error_code="TimeoutError",
        error="TimeoutError",
        failed_at=MONDAY,
    )
    await db.execute("DELETE FROM job_failures WHERE id <> $1", failure)
    await queue.enqueue("vacuum", key="vacuum:waiting")
    own["job"] = "vacuum:waiting" if is_queued else failure
    own["words"] = {**own["words"], "abort_jobs": {"state": "queued", "function": "vacuum"}}


async def _own_a_reset(member: Member) -> None:
    """Leave the user one password reset, whose token tests know."""
    await db.execute("DELETE FROM password_resets WHERE user_id = $1", member.scope.user_id)
    await make(
        "password_resets",
        member,
        token_hash=hash_token(f"cup_{member.scope.user_id}"),
        created_at=utc_now(),
        expires_at=utc_now() + timedelta(hours=1),
    )


async def _await_a_code(member: Member) -> None:
    """Leave the user one open code for their phone, which the document's example fits."""
    await db.execute("DELETE FROM phone_codes WHERE user_id = $1", member.scope.user_id)
    code_id, box = uuid7(), await keys.box(member.scope.household_id)
    await make(
        "phone_codes",
        member,
        id=code_id,
        phone=box.seal("phone_codes", "phone", code_id, "+4915123456789"),
        code_hash=await macs.mac(Use.PHONE_CODE, f"{code_id}|123456"),
        created_at=utc_now(),
        expires_at=utc_now() + timedelta(minutes=10),
    )


async def delete_all(ids: dict[str, Any]) -> None:
    """Delete these objects."""
    for kind, table in TABLES.items():
        await db.execute(f"DELETE FROM {table} WHERE id = $1", ids[kind])


async def fingerprint() -> dict[str, tuple[int, str]]:
    """Return the number of rows of each table and a hash over all of them."""
    names = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    tables = sorted(row["tablename"] for row in names)
    parts = [
        f"""SELECT '{name}' AS name, count(*) AS rows,
            md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS hash FROM {name} t"""
        for name in tables
    ]
    rows = await db.fetch(" UNION ALL ".join(parts))
    return {row["name"]: (row["rows"], row["hash"]) for row in rows}
