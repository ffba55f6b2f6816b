"""The corpus of hostile tokens against the whole application, with its own keys and a session."""

import socket
import tempfile
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from server import db
from server.keys import server_keys
from server.lib.clock import utc_now
from tests.factories import make_housemate, make_member
from tests.http_server import http_server
from tests.users.hostile_tokens import hostile
from tests.users.signing import Honest

ME = "/api/auth/me"


@pytest.fixture
async def honest(member) -> Honest:
    """What the server itself would sign for `member` now."""
    keys = await server_keys.signing_keys(now=utc_now())
    key, kid = keys.keys[keys.active_id], keys.active_id
    session = await session_of(member)
    now = int(utc_now().timestamp())
    return Honest(key, kid, bytes(32), UUID(int=2), member.scope.user_id, session, now)


async def session_of(member):
    return await db.fetch_value("SELECT id FROM sessions WHERE user_id = $1", member.scope.user_id)


async def code_of(client, token):
    reply = await client.get(ME, headers={"Authorization": f"Bearer {token}"})
    return reply.status_code, (await reply.get_json()).get("code")


async def test_no_hostile_token_opens_anything(client, honest):
    assert await code_of(client, honest.token) == (200, None), "else the others prove nothing"
    answers = {
        name: await code_of(client, token)
        for name, token in hostile(honest).items()
        if not {"\n", "\ud800"} & set(token)  # no header can hold these
    }

    refused = {(401, "token_invalid"), (401, "token_expired"), (401, "token_missing")}
    assert len(answers) > 150
    assert {name: answer for name, answer in answers.items() if answer not in refused} == {}


async def test_a_good_token_beside_another_users_name_is_refused(client, honest, member):
    housemate = await make_housemate(member)
    mine_for_them = honest.claim(sub=str(housemate.scope.user_id))
    theirs_for_me = honest.claim(sid=str(await session_of(housemate)))

    assert await code_of(client, mine_for_them) == (401, "token_invalid")
    assert await code_of(client, theirs_for_me) == (401, "token_invalid")


async def test_a_session_that_ended_or_never_was_is_refused(client, honest, member):
    unknown = honest.claim(sid=str(member.scope.household_id))
    await client.post("/api/auth/logout", headers=member.headers)

    assert await code_of(client, unknown) == (401, "session_ended")
    assert await code_of(client, honest.token) == (401, "session_ended")


async def test_a_refresh_token_is_no_access_token(client, member):
    assert await code_of(client, member.refresh_token) == (401, "token_invalid")


async def test_an_access_token_is_no_refresh_token(client, member):
    reply = await client.post("/api/auth/refresh", json={"refresh_token": member.token})

    assert reply.status_code in {400, 401}


async def test_a_token_counts_nowhere_but_in_its_header(client, member):
    query = await client.get(f"/api/contacts?access_token={member.token}")
    headers = {"Cookie": f"token={member.token}", "X-Access-Token": member.token}
    elsewhere = await client.get(ME, headers=headers)
    form = await client.post("/api/contacts", data=f"access_token={member.token}")

    assert {query.status_code, elsewhere.status_code, form.status_code} == {401}


def spellings(token: str, other: str) -> dict[str, list[str]]:
    """Return lines of headers that lead to no account."""
    return {
        "no scheme": [f"Authorization: {token}"],
        "another scheme": [f"Authorization: Basic {token}"],
        "no space": [f"Authorization: Bearer{token}"],
        "a comma": [f"Authorization: Bearer,{token}"],
        "only the scheme": ["Authorization: Bearer"],
        "only spaces": ["Authorization: Bearer    "],
        "nothing": ["Authorization:"],
        "in quotes": [f'Authorization: Bearer "{token}"'],
        "as a parameter": [f"Authorization: Bearer token={token}"],
        "two tokens": [f"Authorization: Bearer {token} {token}"],
        "two by a comma": [f"Authorization: Bearer {token}, Bearer {other}"],
        "two headers": [f"Authorization: Bearer {token}", f"Authorization: Bearer {other}"],
        "two headers, a bad one last": [
            f"Authorization: Bearer {token}",
            "Authorization: Bearer x",
        ],
        "two headers, a bad one first": [
            "Authorization: Bearer x",
            f"Authorization: Bearer {token}",
        ],
        "folded": ["Authorization: Bearer", f" {token[:-5]}"],
        "a space before the colon": [f"Authorization : Bearer {token}"],
        "another header": [f"Proxy-Authorization: Bearer {token}"],
        "a proxy's header": [f"X-Forwarded-Authorization: Bearer {token}"],
        "bytes of no text": ["Authorization: Bearer \xff\xfe\x80"],
        "a null byte": [f"Authorization: Bearer {token}\0"],
        "a very long one": ["Authorization: Bearer " + "A" * 60_000],
        "longer than any header": ["Authorization: Bearer " + "A" * 300_000],
    }


async def test_no_spelling_of_the_header_opens_anything_at_the_real_server(database):
    mine, other = await make_member(), await make_member()
    with tempfile.TemporaryFile() as log:
        async with http_server(log) as server:
            assert ask(server.url, [f"Authorization: Bearer {mine.token}"]) == 200
            assert ask(server.url, [f"authorization: bearer  {mine.token} "]) == 200
            answers = {
                name: ask(server.url, lines)
                for name, lines in spellings(mine.token, other.token).items()
            }

    refused = {400, 401, 431}
    assert {name: status for name, status in answers.items() if status not in refused} == {}


def ask(url: str, lines: list[str]) -> int:
    """Send one request byte by byte as it stands; return the status."""
    port = urlsplit(url).port
    head = "\r\n".join([f"GET {ME} HTTP/1.1", "Host: x", "Connection: close", *lines])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"{head}\r\n\r\n".encode("latin-1"))
        return int(connection.recv(65_536).split(b" ", 2)[1])
