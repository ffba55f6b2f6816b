"""A forgotten password: nobody learns who has an account, and a token is good once."""

import asyncio
import time
from datetime import timedelta

import pytest

from server import config, db
from server.errors import BadInput, Unauthorized
from server.keys import service as keys
from server.lib.clock import utc_now
from server.users import passwords, resets, routes_resets, service, throttle
from server.users.schemas import LoginIn
from server.users.schemas_api_tokens import TokenIn
from server.users.schemas_resets import ResetConfirmIn
from server.users.sessions import Device
from tests.documented import check_headers
from tests.factories import PASSWORD

NEW_PASSWORD = "a whole new passphrase"
ASK = "/api/auth/password-reset"
CONFIRM = f"{ASK}/confirm"


@pytest.fixture(autouse=True)
def public_url(database):
    """Where the world finds this server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLIC_URL", "https://catchup.example.org")
        config.settings.cache_clear()
        yield
    config.settings.cache_clear()


async def link_of(member, *, now=None):
    base_url = config.settings().base_url
    return await resets.make_link(member.scope, base_url=base_url, by={}, now=now or utc_now())


async def token_of(member, *, now=None):
    return (await link_of(member, now=now)).partition("#")[2]


async def confirm(token, *, password=NEW_PASSWORD, now=None):
    data = ResetConfirmIn(token=token, new_password=password)
    await resets.confirm_reset(data, address="192.0.2.1", now=now or utc_now())


async def refused(token, **more):
    with pytest.raises(BadInput) as error:
        await confirm(token, **more)
    return error.value.code


async def mails():
    """Return the messages that wait, opened: (whose, subject, body)."""
    found = []
    for row in await db.fetch("SELECT * FROM outbox_messages ORDER BY created_at"):
        box = await keys.box(row["household_id"])
        columns = ("subject", "body")
        texts = (box.open("outbox_messages", one, row["id"], row[one]) for one in columns)
        found.append((row["user_id"], *texts))
    return found


async def sign_in(member, password, **more):
    data = LoginIn(email=member.email, password=password, **more)
    return await service.login(data, Device(), now=utc_now())


async def test_a_known_and_an_unknown_email_are_answered_alike(client, member):
    answers = []
    for email in (member.email, "nobody@example.org"):
        reply = await client.post(ASK, json={"email": email})
        answers.append((reply.status_code, await reply.get_data()))

    assert answers[0] == answers[1]
    assert answers[0][0] == 202


@pytest.mark.parametrize("work_s", [0.0, 0.05])
async def test_the_answer_takes_as_long_whatever_there_was_to_do(client, monkeypatch, work_s):
    async def work(*_args, **_more):
        await asyncio.sleep(work_s)

    monkeypatch.setattr(resets, "request_reset", work)
    began = time.monotonic()

    await client.post(ASK, json={"email": "nobody@example.org"})

    assert time.monotonic() - began >= routes_resets.ANSWER_S


async def test_the_mail_goes_to_the_user_with_a_link_that_works(client, member):
    await client.post(ASK, json={"email": member.email.upper()}, headers={"Host": "evil.example"})

    ((user_id, _, body),) = await mails()
    (link,) = [line for line in body.splitlines() if line.startswith("https://")]
    start, _, token = link.partition("#")
    done = await client.post(CONFIRM, json={"token": token, "new_password": NEW_PASSWORD})
    assert (user_id, start) == (member.scope.user_id, "https://catchup.example.org/password-reset")
    assert "evil" not in body
    assert done.status_code == 204
    assert await sign_in(member, NEW_PASSWORD)


async def test_the_mail_is_sealed_and_dies_with_its_link(client, member):
    await client.post(ASK, json={"email": member.email})

    (row,) = await db.fetch("SELECT m.*, m::text AS text FROM outbox_messages m")
    assert (row["kind"], row["channel"], row["state"]) == ("password_reset", "email", "pending")
    assert row["expires_at"] - row["created_at"] == resets.LIFE
    assert member.email.encode().hex() not in row["text"]
    assert b"cup_".hex() not in row["text"]


async def test_nobody_else_gets_a_mail(client, member):
    await client.post(ASK, json={"email": "nobody@example.org"})
    await db.execute("UPDATE users SET disabled_at = now()")
    await client.post(ASK, json={"email": member.email})

    assert await mails() == []


async def test_an_address_gets_three_mails_an_hour(member):
    for _ in range(5):
        await resets.request_reset(member.email, address="", base_url="", now=utc_now())

    assert len(await mails()) == 3


async def test_no_token_is_kept_in_the_clear(member):
    token = await token_of(member)

    rows = await db.fetch("SELECT r::text AS text FROM password_resets r")
    assert token not in str([row["text"] for row in rows])


async def test_a_reset_ends_every_session_and_token(client, member):
    body = {"name": "x", "scopes": ["contacts:read"]}
    TokenIn.model_validate(body)
    made = await client.post("/api/auth/tokens", headers=member.headers, json=body)
    token = {"Authorization": f"Bearer {(await made.get_json())['token']}"}
    await confirm(await token_of(member))

    statuses = [
        (await client.get("/api/contacts", headers=headers)).status_code
        for headers in (member.headers, token)
    ]
    assert statuses == [401, 401]


async def test_the_old_password_is_none_any_more(member):
    await confirm(await token_of(member))

    with pytest.raises(Unauthorized):
        await sign_in(member, PASSWORD)


async def test_of_fifty_uses_at_once_one_counts(member, monkeypatch):
    token = await token_of(member)

    async def quick(_):
        return "$argon2id$none"

    monkeypatch.setattr(passwords, "hash_password", quick)

    said = await asyncio.gather(*(confirm(token) for _ in range(50)), return_exceptions=True)

    assert sum(one is None for one in said) == 1
    assert all(one is None or isinstance(one, BadInput) for one in said)


async def test_a_token_is_good_for_an_hour(member):
    now = utc_now()
    token = await token_of(member, now=now)

    assert await refused(token, now=now + timedelta(hours=1)) == "reset_invalid"
    await confirm(token, now=now + timedelta(minutes=59))


async def test_a_password_changed_since_makes_older_tokens_void(member):
    first, second = await token_of(member), await token_of(member)
    await confirm(second)

    assert await refused(first) == "reset_invalid"


async def test_a_breached_password_uses_no_token_up(member):
    token = await token_of(member)

    assert await refused(token, password="password1") == "password_breached"
    await confirm(token)


async def test_who_has_just_reset_it_gets_in_while_others_guess(member):
    token = await token_of(member)
    await confirm(token)
    for _ in range(6):
        with pytest.raises((Unauthorized, throttle.TriesUsedUp)):
            await sign_in(member, "wrong")

    assert await sign_in(member, NEW_PASSWORD, earlier_token=token)


async def test_the_page_behind_the_link_runs_its_own_script_and_asks_this_server_only(client):
    reply = await client.get("/password-reset")

    page, policy = await reply.get_data(as_text=True), reply.headers["Content-Security-Policy"]
    check_headers(reply)
    assert reply.mimetype == "text/html"
    assert "script-src 'sha256-" in policy
    assert "connect-src 'self'" in policy
    assert "http" not in page.replace("https://", "http://").split("<script>")[0]


async def test_asking_and_choosing_are_recorded(client, member):
    await client.post(ASK, json={"email": member.email})
    await client.post(ASK, json={"email": "nobody@example.org"})
    await confirm(await token_of(member))

    rows = await db.fetch(
        """SELECT action, details->>'known' AS known FROM audit_entries
            WHERE action LIKE 'user.password_reset%' ORDER BY at, action"""
    )
    assert [tuple(row) for row in rows] == [
        ("user.password_reset_asked", "true"),
        ("user.password_reset_asked", "false"),
        ("user.password_reset_asked", "true"),
        ("user.password_reset", None),
    ]
