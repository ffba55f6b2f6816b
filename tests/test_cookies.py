"""No cookies, hence no banner: no reply of any operation sets one."""

import re
from pathlib import Path

from tests.factories import make_member
from tests.openapi_walk import operations
from tests.owned import own_one_of_each

SERVER = Path(__file__).parents[1] / "server"


async def test_no_reply_sets_a_cookie(client, member):
    caller = await make_member()
    ids = await own_one_of_each(client, caller)
    replies = [
        await operation.request(caller, ids).send(client, dict(headers))
        for operation in operations(client.app)
        for headers in (caller.headers, {}, {"Cookie": "session=x; token=y"})
    ]
    pages = ("/", "/api/docs", "/api/openapi.json", "/nowhere")
    replies += [await client.get(path) for path in pages]

    assert len(replies) > 250
    assert [reply for reply in replies if "Set-Cookie" in reply.headers] == []


async def test_a_cookie_signs_nobody_in(client, member):
    cookies = f"token={member.token}; Authorization=Bearer {member.token}"

    reply = await client.get("/api/auth/me", headers={"Cookie": cookies})

    assert reply.status_code == 401


def test_the_source_has_no_word_of_setting_one():
    found = [
        str(file)
        for file in SERVER.rglob("*.py")
        if re.search(r"set_cookie|secret_key|session\[|Set-Cookie", file.read_text())
    ]

    assert found == []
