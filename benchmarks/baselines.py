"""What the API is measured against: small programs that do the same work and nothing more.

`python -m benchmarks.baselines bare|quart HOST:PORT` runs one as the product is run: Hypercorn
with the same settings, uvloop, the same pool. They use the product's statements, session check
and limiter, as whoever writes such a handler by hand would.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import msgspec
from hypercorn.asyncio import serve
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from quart import Quart, Response, request

from server import config, db, limits, logs, versions
from server.contacts import queries
from server.contacts.queries_filters import Wanted
from server.contacts.queries_page import PARTS
from server.keys import server_keys
from server.lib import scope as scopes
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.lib.texts import search_key
from server.limits import Limit
from server.serve import new_event_loop, server_config
from server.users import sessions

COUNTERS: tuple[versions.Name, ...] = ("contacts", "household_contacts")


class Bare:
    """An ASGI app that answers any request with a page of contacts: one statement, one encoding.

    The statement is the product's own, taken from a first call of it.
    """

    def __init__(self) -> None:
        self._statement = ""

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer `/?household,user,limit`."""
        if scope["type"] != "http":
            return
        household, user, limit = scope["query_string"].decode().split(",")
        scope_ids = UUID(household), UUID(user)
        if not self._statement:
            self._statement = await _list_statement(*scope_ids, int(limit) + 1)
        async with db.connection() as connection:
            rows = await connection.fetch(self._statement, *scope_ids)
        body = msgspec.json.encode({"items": [_plain(row) for row in rows[:-1]]})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def _list_statement(household: UUID, user: UUID, limit: int) -> str:
    seen: list[str] = []
    async with db.transaction(), db.connection() as connection:
        with connection.query_logger(lambda logged: seen.append(logged.query)):
            scope = scopes.Scope(household, user)
            await queries.list_contacts(scope, Wanted(), after=None, limit=limit)
    return next(query for query in seen if "name_key" in query)


def quart() -> Quart:
    """Return an app of handlers as one writes them by hand."""
    app = Quart("baseline")

    @app.get("/hello")
    async def hello() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/contact/<uuid:contact_id>")
    async def contact(contact_id: UUID) -> Response:
        identity = await _checked()
        await _limited(identity)
        row = await queries.get_contact(identity.scope, contact_id)
        if row is None:
            return Response("", status=404)
        return Response(
            msgspec.json.encode(_shown(row)),
            headers={"ETag": f'"{row["version"]}"'},
            content_type="application/json",
        )

    @app.get("/unchanged")
    async def unchanged() -> Response:
        identity = await _checked()
        keys = [versions.key(identity.scope, name) for name in COUNTERS]
        await _limited(identity, keys)
        return Response(b"", status=304, headers={"ETag": request.headers["If-None-Match"]})

    @app.post("/contact")
    async def create() -> Response:
        identity = await _checked()
        wanted = await request.get_json()
        contact_id, now = uuid7(), utc_now()
        async with db.transaction():
            await db.execute(
                """INSERT INTO contacts (id, household_id, user_id, visibility, name, name_key,
                        search_key, location, source, created_at, updated_at, version)
                    VALUES ($1, $2, $3, 'private', $4, $5::text, $5::text, $6, 'manual',
                        $7, $7, 1)""",
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


async def _limited(identity: sessions.Identity, keys: Sequence[str] = ()) -> None:
    await limits.take(Limit.USER, str(identity.scope.user_id), also=keys)


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
    """Return a row as it is encoded; what PostgreSQL wrote as JSON stays as it is."""
    plain = dict(row)
    for name in PARTS:
        plain[name] = msgspec.Raw(plain[name])
    return plain


def _shown(row: db.Row) -> dict[str, Any]:
    """Return a row without what only a program can read."""
    return {name: value for name, value in row.items() if type(value) is not bytes}


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
            await serve(Bare(), server_config(bind))
    else:
        await serve(quart(), server_config(bind))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(_main(*sys.argv[1:]))
