"""Who may call a route, how often, and who calls: serves every routes.py."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from quart import g, request
from quart_schema.validation import QUART_SCHEMA_REQUEST_ATTRIBUTE

from server import db_reading, limits
from server.audit import service as audit
from server.errors import Forbidden, RateLimited, Unauthorized
from server.lib.addresses import network_of
from server.lib.clock import utc_now
from server.lib.http import has_arrived, refuse_unknown_parameters
from server.lib.scope import Scope
from server.lib.uploads import received_file
from server.limits import Limit
from server.users import api_tokens, idempotency, own_writes, sessions
from server.users.permissions import Permission
from server.users.sessions import PROOF_LASTS, Device, Identity
from server.users.turns import turn_of

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[P, Awaitable[T]]

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def requires(
    permission: Permission,
    *,
    limit: Limit = Limit.USER,
    reads: bool = False,
    step_up: bool = False,
) -> Callable[[Handler[P, T]], Handler[P, T]]:
    """Let only signed-in callers with `permission` through; the outermost decorator of a route.

    Each call takes one request from the caller's budget `limit`. The Redis keys that a
    `conditional` list needs come in the same round trip, as `current_values()`.
    `reads`: a replica may answer, up to 5 s old, but never to a session that wrote within 5 s.
    `step_up`: for what cannot be taken back, and for what lasts longer than a stolen session
    would; the caller has proven who they are, by password or second factor, within `PROOF_LASTS`,
    and is no API token.

    Raises (from the route):
        Unauthorized: no token, or one that is not valid any more.
        RateLimited: the budget is used up.
        Forbidden: `permission_missing`, `mfa_required`, `step_up_required`, `session_required`.
        Unavailable: `too_many_at_once`: others of the caller's requests run, and slowly.
    """

    def decorate(handler: Handler[P, T]) -> Handler[P, T]:
        answer = _from_replica(handler) if reads else handler
        keys = getattr(handler, "redis_keys", None)
        takes_file = hasattr(handler, "file_types")
        takes_body = hasattr(handler, QUART_SCHEMA_REQUEST_ATTRIBUTE)

        @wraps(handler)
        async def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            identity = await _identify()
            scope = identity.scope
            await _take(limit, str(scope.user_id), also=keys(scope) if keys else ())
            _permit(identity, permission)
            if step_up:
                _demand_proof(identity, now=utc_now())
            refuse_unknown_parameters(handler)
            with _named(identity):
                return await run(scope, *args, **kwargs)

        async def run(scope: Scope, *args: P.args, **kwargs: P.kwargs) -> T:
            if request.method in SAFE_METHODS:
                async with turn_of(scope.user_id):
                    return await answer(*args, **kwargs)
            if takes_file or idempotency.has_key():
                async with (
                    _received(scope, takes_file=takes_file),
                    idempotency.one_at_a_time(scope),
                    turn_of(scope.user_id),
                ):
                    reply = await idempotency.once(scope, lambda: answer(*args, **kwargs))
                return cast(T, reply)
            if takes_body:
                await _receive_body(scope)
            async with turn_of(scope.user_id):
                return await answer(*args, **kwargs)

        guarded.permission = permission  # type: ignore[attr-defined]  # read by openapi and tests
        guarded.limit = limit  # type: ignore[attr-defined]  # likewise
        guarded.reads = reads  # type: ignore[attr-defined]  # likewise
        guarded.step_up = step_up  # type: ignore[attr-defined]  # likewise
        return guarded

    return decorate


def public(
    reason: str,
    *,
    limit: Limit | None = Limit.PUBLIC,
    unless: Callable[[], Awaitable[bool]] | None = None,
) -> Callable[[Handler[P, T]], Handler[P, T]]:
    """Mark a route that anyone may call, and say why; the outermost decorator of a route.

    Each call takes one request from the budget `limit` of the client's address; None: a route
    for monitors, which are never refused. Who meets `unless` passes a budget that is used up:
    others at the same address cannot lock them out.

    Raises (from the route):
        RateLimited: the budget is used up.
        Unavailable: `redis_unavailable`: Limit.SIGN_IN without Redis.
    """

    def decorate(handler: Handler[P, T]) -> Handler[P, T]:
        @wraps(handler)
        async def open_to_all(*args: P.args, **kwargs: P.kwargs) -> T:
            if limit is not None:
                try:
                    await _take(limit, _network())
                except RateLimited:
                    if unless is None or not await unless():
                        raise
            refuse_unknown_parameters(handler)
            return await handler(*args, **kwargs)

        open_to_all.public_because = reason  # type: ignore[attr-defined]
        open_to_all.limit = limit  # type: ignore[attr-defined]
        return open_to_all

    return decorate


async def demand(permission: Permission) -> None:
    """Let only signed-in callers with `permission` go on, in a route that is open to some others.

    Raises:
        Unauthorized: no token, or one that is not valid any more.
        Forbidden: `permission_missing` or `mfa_required`.
    """
    _permit(await _identify(), permission)


async def note_own_write() -> None:
    """Let the session that called see what it has just written; after every request."""
    if "identity" in g and request.method not in SAFE_METHODS:
        await own_writes.note(current_identity().session_id)


def current_identity() -> Identity:
    """Return who calls; only inside a route that `requires` something."""
    return cast(Identity, g.identity)


def current_scope() -> Scope:
    """Return whose data the caller may touch."""
    return current_identity().scope


def current_values() -> Sequence[bytes | None] | None:
    """Return the values of the route's Redis keys, in their order; None while Redis is away."""
    return cast(Sequence[bytes | None] | None, g.values)


def current_device() -> Device:
    """Return where the request comes from, as far as we believe it."""
    return Device(
        user_agent=request.headers.get("User-Agent", ""), address=request.remote_addr or ""
    )


async def _identify() -> Identity:
    try:
        token = _bearer()
        source = api_tokens if token.startswith(api_tokens.PREFIX) else sessions
        g.identity = await source.identify(token, now=utc_now())
    except Unauthorized:
        # Guessing at tokens counts by address: there is nobody else to count it on.
        await _take(Limit.PUBLIC, _network())
        raise
    return current_identity()


async def _take(limit: Limit, who: str, *, also: Sequence[str] = ()) -> None:
    taken = await limits.take(limit, who, also=also)
    g.values = taken.values
    verdict = taken.verdict
    if verdict is None:
        return
    g.rate_limit = verdict  # http_headers.py says it on whatever reply comes of this
    if not verdict.allowed:
        raise RateLimited(
            f"That was more than {verdict.limit} requests: come back in {verdict.retry_after_s} s.",
            headers={"Retry-After": str(verdict.retry_after_s)},
        )


def _permit(identity: Identity, permission: Permission) -> None:
    if permission in identity.withheld:
        raise Forbidden(
            "An admin needs a second factor for this: ask for one at POST /api/auth/mfa/totp and"
            " confirm it at POST /api/auth/mfa/totp/confirm.",
            code="mfa_required",
        )
    if permission not in identity.permissions:
        raise Forbidden(f"This needs the permission {permission}.", code="permission_missing")


def _demand_proof(identity: Identity, *, now: datetime) -> None:
    if identity.is_lent:
        raise Forbidden(
            "No API token may do this, whatever it was lent: sign in for it.",
            code="session_required",
        )
    if identity.proven_at is None or now - identity.proven_at > PROOF_LASTS:
        raise Forbidden(
            "Prove first that it is you: send a code of your second factor, or your password if"
            " you have none, to POST /api/auth/mfa/step-up.",
            code="step_up_required",
        )


@contextmanager
def _named(identity: Identity) -> Iterator[None]:
    """Let the audit trail say of each act by which console session it came, if by one.

    The entry that opened it says who sits at the box: the admin in whose name they act may be
    asleep.
    """
    if not identity.is_console:
        yield
        return
    with audit.at_the_box({"console_session": str(identity.session_id)}):
        yield


@asynccontextmanager
async def _received(scope: Scope, *, takes_file: bool) -> AsyncIterator[None]:
    """Receive the request's body before it takes a turn: its client may be slow, or never send it.

    A file lies on disk for the time of the block. Raises as `turn_of`, `received_file` and Quart.
    """
    if takes_file:
        async with turn_of(scope.user_id, "uploads"), received_file():
            yield
        return
    await _receive_body(scope)
    yield


async def _receive_body(scope: Scope) -> None:
    if has_arrived():
        return
    async with turn_of(scope.user_id, "bodies"):
        await request.get_data(cache=True, as_text=False, parse_form_data=False)


def _from_replica(handler: Handler[P, T]) -> Handler[P, T]:
    @wraps(handler)
    async def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        if not db_reading.has_replicas() or await own_writes.are_recent(
            current_identity().session_id
        ):
            return await handler(*args, **kwargs)
        with db_reading.reading():
            return await handler(*args, **kwargs)

    return reading


def _bearer() -> str:
    sent = request.headers.getlist("Authorization")
    # Of two, a proxy and we might not believe the same one.
    scheme, _, token = (sent[0] if len(sent) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized(
            "Send an access or API token as `Authorization: Bearer …`.", code="token_missing"
        )
    return token.strip()


def _network() -> str:
    return network_of(request.remote_addr or "")
