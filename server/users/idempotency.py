"""`Idempotency-Key`: a write that is sent again is answered again, not done again (ADR 0017).

The effect, the key and the sealed reply commit in one transaction: whenever the server dies,
either all of them are there or none. A refused request (4xx, 5xx) keeps nothing at all.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import IO, Any
from uuid import UUID

from quart import Response, current_app, request

from server import db
from server.config import settings
from server.errors import BadInput, CatchUpError, Conflict, FieldError, Unavailable
from server.keys import service as keys
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.lib.per_loop import PerLoop
from server.lib.scope import Scope
from server.lib.uploads import upload_at_hand
from server.users import queries_idempotency as queries
from server.users.turns import turn_of

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEPT = timedelta(hours=24)
TURN_LIMIT_S = 10
METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
_KEPT_HEADERS = ("Content-Type", "ETag", "Location")
_TABLE = ("idempotency_keys", "body")


class _NotKept(Exception):  # not an error: it takes the transaction back
    def __init__(self, reply: Response) -> None:
        self.reply = reply


# The keys of requests that wait or run in this process.
_under_way: set[tuple[UUID, str]] = set()


def has_key() -> bool:
    """Say whether the current request is a write with a key; raises BadInput as `once`."""
    return _key() is not None


@asynccontextmanager
async def one_at_a_time(scope: Scope) -> AsyncIterator[None]:
    """Let one request with a key of each user in: it holds what all users share (`_turn`).

    Others pass. Outside the user's other turns, so that who waits here delays no plain request.

    Raises:
        BadInput, Conflict: as `once`. Unavailable: `too_many_at_once`.
    """
    key = _key()
    if key is None:
        yield
        return
    mine = (scope.user_id, key)
    if mine in _under_way:
        raise _in_use()
    _under_way.add(mine)
    try:
        async with turn_of(scope.user_id, "keyed writes"):
            yield
    finally:
        _under_way.remove(mine)


async def once(scope: Scope, call: Callable[[], Awaitable[Any]]) -> Any:
    """Return what `call` answers to the current request, or answered when it was sent before.

    Without the header, or when the request writes nothing, it is just called. The body has been
    received: nobody waits for one while a connection is held.

    Raises:
        BadInput: the key is not 1 to 255 printable ASCII characters.
        Conflict: `idempotency_key_reused`: it came with another request in the last 24 h.
            `idempotency_key_in_use`: the first request with it is still under way.
    """
    key = _key()
    if key is None:
        return await call()
    fingerprint = await _fingerprint()
    try:
        async with _turn(), db.transaction():
            try:
                return await _first_or_again(scope, key, fingerprint, call, now=utc_now())
            except CatchUpError as refused:
                if not refused.keeps_effect:
                    raise
                kept_nevertheless = refused
    except _NotKept as refused:
        return refused.reply
    raise kept_nevertheless


async def _first_or_again(
    scope: Scope, key: str, fingerprint: str, call: Callable[[], Awaitable[Any]], *, now: datetime
) -> Response:
    # Never waited for: those who wait would hold the pool's connections.
    if not await queries.lock_key(scope, key):
        raise _in_use()
    box = await keys.box(scope.household_id)
    row = await queries.get_reply(scope, key, now=now)
    if row is not None:
        kept = json.loads(box.open(*_TABLE, row["id"], row["body"]))
        if kept["request"] != fingerprint:
            raise Conflict(
                "This Idempotency-Key came with another request in the last 24 hours.",
                code="idempotency_key_reused",
            )
        return _again(row["status"], kept)
    reply: Any = await current_app.make_response(await call())
    if not 200 <= reply.status_code < 300:
        raise _NotKept(reply)
    row_id = uuid7()
    kept = {
        "request": fingerprint,
        "headers": {name: reply.headers[name] for name in _KEPT_HEADERS if name in reply.headers},
        "body": (await reply.get_data(as_text=False)).decode(errors="surrogateescape"),
    }
    await queries.put_reply(
        scope,
        row_id,
        key,
        status=reply.status_code,
        body=box.seal(*_TABLE, row_id, json.dumps(kept)),
        now=now,
        expires_at=now + KEPT,
    )
    return reply  # type: ignore[no-any-return]


_turns = PerLoop(lambda: asyncio.Semaphore(max(1, settings().database_pool_max // 2)))


@asynccontextmanager
async def _turn() -> AsyncIterator[None]:
    """Leave half of the pool to those who hold no connection while a link or a hash takes long.

    Raises:
        Unavailable: `busy`: there was no turn for `TURN_LIMIT_S`.
    """
    turns = _turns.get()
    try:
        async with asyncio.timeout(TURN_LIMIT_S):
            await turns.acquire()
    except TimeoutError:
        raise Unavailable(
            f"Too many writes with {HEADER} are under way; try again.", code="busy"
        ) from None
    try:
        yield
    finally:
        turns.release()


def _again(status: int, kept: dict[str, Any]) -> Response:
    body = kept["body"].encode(errors="surrogateescape")
    return Response(body, status, headers=kept["headers"] | {REPLAYED: "true"})


def _key() -> str | None:
    """Return the current request's key, if it has one that means something."""
    given = request.headers.getlist(HEADER)
    if not given or request.method not in METHODS:
        return None
    if len(given) == 1 and _KEY.fullmatch(given[0]):
        return given[0]
    message = "must be given once, as 1 to 255 printable ASCII characters"
    raise BadInput(
        f"{HEADER} {message}.", fields=[FieldError(HEADER, "bad_idempotency_key", message)]
    )


def _in_use() -> Conflict:
    return Conflict(
        "The first request with this Idempotency-Key is still under way; try again.",
        code="idempotency_key_in_use",
        headers={"Retry-After": "1"},
    )


async def _fingerprint() -> str:
    """Return what tells the current request, whose body is here, from others."""
    upload = upload_at_hand()
    if upload is None:
        return _digest(await request.get_data(cache=True, as_text=False, parse_form_data=False))
    content = await asyncio.to_thread(_hash, upload.file)
    # Of a form its parts count: the boundary between them is another one each time.
    is_form = request.mimetype == "multipart/form-data"
    fields = sorted((await request.form).items(multi=True)) if is_form else []
    return _digest(json.dumps([content, upload.name, request.mimetype, fields]).encode())


def _hash(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(262_144):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _digest(body: bytes) -> str:
    parts = (
        request.method,
        request.path,
        request.query_string.decode("latin-1"),
        request.headers.get("If-Match", ""),
    )
    digest = hashlib.sha256(json.dumps(parts).encode())
    digest.update(body)
    return digest.hexdigest()
