"""Where the server is, PUBLIC_URL says: never the Host or what a proxy claims in its place."""

import pytest

from server.app import create_app
from tests.factories import make_member
from tests.openapi_walk import ENDS_THE_SESSION, operations
from tests.owned import own_one_of_each

EVIL = "evil.example.net"
CLAIMS = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Prefix": f"//{EVIL}",
    "X-Host": EVIL,
    "X-Original-URL": f"https://{EVIL}/",
    "X-Rewrite-URL": f"https://{EVIL}/",
    "Forwarded": f"host={EVIL};proto=gopher",
    "Origin": f"https://{EVIL}",
    "Referer": f"https://{EVIL}/",
}
# These end the caller's session, or what later requests need.
LAST = ("DELETE", *ENDS_THE_SESSION, "undo_import", "revoke_feed")


async def test_no_reply_believes_the_caller_where_the_server_is(client):
    member = await make_member()
    own = await own_one_of_each(client, member)
    answered = {}
    for operation in sorted(
        operations(client.app), key=lambda one: one.method in LAST or one.name in LAST
    ):
        request = operation.request(member, own)
        for headers in (CLAIMS, CLAIMS | member.headers):
            reply = await request.send(client, headers)
            said = str(reply.headers).lower() + str(await reply.get_data())
            answered[operation.name] = reply.status_code
            assert EVIL not in said, operation.name
            assert "gopher" not in said, operation.name

    assert answered["create_feed"] == 201, "else no link was made"
    assert sum(status < 300 for status in answered.values()) > len(answered) / 2, answered


@pytest.mark.parametrize("hops", [0, 1])
@pytest.mark.parametrize(
    "path", ["/", "/api/docs", "/api/openapi.json", "/health", "/api//contacts", "/api/contacts/"]
)
async def test_neither_pages_nor_errors_believe_it(database, path, hops):
    client = create_app(database.model_copy(update={"trusted_proxy_hops": hops})).test_client()

    reply = await client.get(path, headers=CLAIMS, scope_base={"client": ("10.0.0.1", 4711)})

    assert reply.status_code in {200, 404}, "a redirect leads where the caller says"
    assert EVIL not in str(reply.headers) + str(await reply.get_data())
