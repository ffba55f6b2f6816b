"""Sessions of the box's own console: what they may, how long, and what the trail says of them."""

from datetime import timedelta

import pytest

from server import db
from server.errors import Conflict, NotFound, Unauthorized
from server.lib.clock import utc_now
from server.users import console, sessions
from server.users.permissions import Permission
from tests.factories import make_admin, make_member
from tests.times import MONDAY

BY = {"unix_user": "ana", "unix_uid": 1000, "as_root": True}


async def opened(wanted, email=None, *, now=MONDAY):
    return await console.open_console(wanted, email=email, by=BY, now=now)


def bearer(made):
    return {"Authorization": f"Bearer {made.token}"}


async def newest_entry():
    return await db.fetch_row(
        "SELECT action, actor_id, subject_id, details FROM audit_entries ORDER BY id DESC LIMIT 1"
    )


async def test_it_acts_in_the_name_of_the_oldest_admin(member):
    await make_admin()

    made = await opened("read")

    assert made.email == member.email
    assert (await sessions.identify(made.token, now=MONDAY)).scope == member.scope


async def test_another_admin_can_be_named(member):
    other = await make_admin()

    made = await opened("read", other.email.upper())

    assert (await sessions.identify(made.token, now=MONDAY)).scope == other.scope


@pytest.mark.parametrize(
    ("wanted", "rights"),
    [
        ("read", {Permission.ADMIN_READ}),
        ("write", {Permission.ADMIN_READ, Permission.ADMIN_WRITE}),
    ],
)
async def test_it_may_look_after_the_server_and_touch_nobodys_data(member, wanted, rights):
    identity = await sessions.identify((await opened(wanted)).token, now=MONDAY)

    assert (identity.permissions, identity.withheld) == (rights, frozenset())
    assert identity.is_console


@pytest.mark.parametrize(("wanted", "minutes"), [("read", 60), ("write", 10)])
async def test_it_ends_by_itself(member, wanted, minutes):
    made = await opened(wanted)
    end = MONDAY + timedelta(minutes=minutes)

    await sessions.identify(made.token, now=end - timedelta(seconds=1))
    with pytest.raises(Unauthorized) as error:
        await sessions.identify(made.token, now=end)

    assert (made.expires_at, error.value.code) == (end, "token_expired")
    assert await db.fetch_value("SELECT expires_at FROM sessions WHERE console IS NOT NULL") == end


async def test_a_rightless_member_gains_nothing_by_it_later(member):
    other = await make_admin()
    made = await opened("write", other.email)
    await db.execute("UPDATE users SET server_role = 'member' WHERE id = $1", other.scope.user_id)

    assert (await sessions.identify(made.token, now=MONDAY)).permissions == frozenset()


async def test_a_member_is_refused(member):
    stranger = await make_member()

    with pytest.raises(Conflict) as error:
        await opened("read", stranger.email)

    assert error.value.code == "not_an_admin"


async def test_a_disabled_admin_is_refused(member):
    await db.execute("UPDATE users SET disabled_at = now()")

    with pytest.raises(NotFound):
        await opened("read")
    with pytest.raises(Conflict):
        await opened("read", member.email)


async def test_an_unknown_e_mail_is_refused(member):
    with pytest.raises(NotFound):
        await opened("read", "nobody@example.org")


@pytest.mark.parametrize(
    ("wanted", "action"), [("read", "console.opened"), ("write", "console.elevated")]
)
async def test_the_trail_names_the_user_of_the_machine(member, wanted, action):
    await opened(wanted)

    entry = await newest_entry()
    session_id = await db.fetch_value("SELECT id FROM sessions WHERE console = $1", wanted)
    assert (entry["action"], entry["actor_id"], entry["subject_id"]) == (
        action,
        None,
        member.scope.user_id,
    )
    assert entry["details"] == {**BY, "session_id": str(session_id)}


async def test_what_is_done_in_it_names_it(client, member):
    made = await opened("write", now=utc_now())
    body = {"purpose": "jwt"}

    done = await client.post("/api/admin/keys/rotations", headers=bearer(made), json=body)

    found = await db.fetch_value(
        """SELECT s.id FROM audit_entries e JOIN sessions s ON s.console = 'write'
                AND s.id::text = e.details->>'console_session'
            WHERE e.action LIKE 'key%' AND e.actor_id = $1 LIMIT 1""",
        member.scope.user_id,
    )
    assert (done.status_code, found is not None) == (202, True)


async def test_one_that_reads_changes_nothing(client, member):
    made = await opened("read", now=utc_now())

    read = await client.get("/api/admin/keys", headers=bearer(made))
    write = await client.post(
        "/api/admin/keys/rotations", headers=bearer(made), json={"purpose": "jwt"}
    )

    assert (read.status_code, write.status_code) == (200, 403)
    assert (await write.get_json())["code"] == "permission_missing"


async def test_it_cannot_make_itself_longer_or_stronger(client, member):
    made = await opened("write", now=utc_now())

    replies = [
        await client.post("/api/auth/mfa/step-up", headers=bearer(made), json={"code": "123456"}),
        await client.post(
            "/api/auth/tokens",
            headers=bearer(made),
            json={"name": "x", "scopes": ["admin:read"], "expires_in_days": 1},
        ),
    ]

    assert [reply.status_code for reply in replies] == [403, 403]


async def test_it_is_listed_and_ended_like_any_other(client, member):
    made = await opened("read", now=utc_now())
    listed = await (await client.get("/api/auth/sessions", headers=member.headers)).get_json()
    session_id = listed["items"][0]["id"]

    gone = await client.delete(f"/api/auth/sessions/{session_id}", headers=member.headers)
    refused = await client.get("/api/admin/keys", headers=bearer(made))

    assert listed["items"][0]["user_agent"] == "catchup console (ana)"
    assert (gone.status_code, refused.status_code) == (204, 401)


async def test_the_database_knows_only_two_scopes(member):
    await opened("read")

    with pytest.raises(Exception, match="sessions_console_ck"):
        await db.execute("UPDATE sessions SET console = 'all'")
