"""What the API is measured against: small programs that do the same work and nothing more.

`python -m benchmarks.baselines bare|quart HOST:PORT` runs one as the product is run: Hypercorn
with the same settings, uvloop, the same pool. They use the product's statements, session check
and limiter, as whoever writes such a handler by hand would.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import msgspec
from hypercorn.asyncio import serve
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from quart import Quart, Response, request

from server import config, db, logs
from server.contacts import queries
from server.contacts.queries_filters import Wanted
from server.keys import server_keys
from server.lib import scope as scopes
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.lib.texts import search_key
from server.serve import new_event_loop, server_config
from server.users import sessions

_PARTS = ("points", "dates", "groups", "tags")


async def bare(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer any request with a page of contacts: one statement, one encoding."""
    if scope["type"] != "http":
        return
    household, user, limit = scope["query_string"].decode().split(",")
    rows = await queries.list_contacts(
        scopes.Scope(UUID(household), UUID(user)),
        Wanted(),
        after=None,
        limit=int(limit) + 1,
    )
    body = msgspec.json.encode({"items": [_plain(row) for row in rows[:-1]], "next_cursor": None})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def quart() -> Quart:
    """Return an app of handlers as one writes them by hand."""
    app = Quart("baseline")

    @app.get("/hello")
    async def hello() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/contact/<uuid:contact_id>")
    async def contact(contact_id: UUID) -> Response:
        identity = await _checked()
        row = await queries.get_contact(identity.scope, contact_id)
        if row is None:
            return Response("", status=404)
        return Response(
            msgspec.json.encode(_plain(row)),
            headers={"ETag": f'"{row["version"]}"'},
            content_type="application/json",
        )

    @app.get("/unchanged")
    async def unchanged() -> Response:
        await _checked()
        return Response("", status=304, headers={"ETag": request.headers["If-None-Match"]})

    @app.post("/contact")
    async def create() -> Response:
        identity = await _checked()
        wanted = await request.get_json()
        contact_id, now = uuid7(), utc_now()
        async with db.transaction():
            await db.execute(
                """INSERT INTO contacts (id, household_id, user_id, visibility, name, name_key,
                        search_key, location, source, created_at, updated_at, version)
                    VALUES ($1, $2, $3, 'private', $4, $5::text, $5::text, $6, 'manual', $7, $7, 1)""",
                contact_id,
                identity.scope.household_id,
                identity.scope.user_id,
                wanted["name"],
                search_key(wanted["name"]),
                wanted.get("location"),
                now,
            )
            await _audit(identity.scope, contact_id, now)
        reply = wanted | {"id": contact_id, "created_at": now, "version": 1}
        return Response(
            msgspec.json.encode(reply),
            status=201,
            headers={"ETag": '"1"'},
            content_type="application/json",
        )

    _live(app)
    return app


async def _checked() -> sessions.Identity:
    token = request.headers["Authorization"].removeprefix("Bearer ")
    return await sessions.identify(token, now=utc_now())


async def _audit(scope: scopes.Scope, contact_id: UUID, now: Any) -> None:
    """One row, without the chain that the product's own trail keeps."""
    await db.execute(
        """INSERT INTO audit_entries (id, chain_id, sequence, actor_id, action, subject_kind,
                subject_id, at, details, previous_hash, hash)
            VALUES ($1, $1, 1, $2, 'contact.created', 'contact', $3, $4, '{}', $5, $5)""",
        uuid7(),
        scope.user_id,
        contact_id,
        now,
        bytes(32),
    )


def _plain(row: db.Row) -> dict[str, Any]:
    """Leave out what a reply does not show; what is JSON already stays as it is."""
    return {name: value if type(value) is not bytes else None for name, value in row.items()}


def _live(app: Quart) -> None:
    stack = AsyncExitStack()

    @app.before_serving
    async def start() -> None:
        await _open(stack)

    @app.after_serving
    async def stop() -> None:
        await stack.aclose()


async def _open(stack: AsyncExitStack) -> None:
    logs.configure("error")
    await stack.enter_async_context(db.pool(config.settings()))
    await server_keys.start(now=utc_now())


async def _main(name: str, bind: str) -> None:
    if name == "bare":
        async with AsyncExitStack() as stack:
            await _open(stack)
            await serve(bare, server_config(bind))
    else:
        await serve(quart(), server_config(bind))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_main(*sys.argv[1:]))
