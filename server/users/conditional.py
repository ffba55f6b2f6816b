"""Lists that answer 304 Not Modified before they ask PostgreSQL anything (ADR 0017)."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from quart import Response, after_this_request, request
from quart.typing import ResponseTypes

from server import versions
from server.lib.clock import is_zone, utc_now, zone
from server.lib.scope import Scope
from server.lib.version import VERSION
from server.users.guards import current_identity, current_values

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[P, Awaitable[T]]


def conditional(
    *names: versions.Name, daily: bool = False, unless: str | None = None
) -> Callable[[Handler[P, T]], Handler[P, T | Response]]:
    """Name a list's replies by the counters that it depends on, and answer 304 to who has it.

    Directly inside `requires`. `daily` lists also change at the user's midnight.
    With the query parameter `unless` a list also changes by time alone, so it is not named.
    """
    counters: tuple[versions.Name, ...] = (*names, "server")

    def decorate(handler: Handler[P, T]) -> Handler[P, T | Response]:
        @wraps(handler)
        async def answered(*args: P.args, **kwargs: P.kwargs) -> T | Response:
            if unless and _may_have(unless) and unless in request.args:
                return await handler(*args, **kwargs)
            scope = current_identity().scope
            tokens = await versions.read(scope, counters, seen=current_values())
            if tokens is None:  # Redis is away: the list is not named
                return await handler(*args, **kwargs)
            tag = _tag(tokens, daily=daily)
            known = request.if_none_match
            # `*` asks whether there is a list at all, which only the handler can say.
            if not known.star_tag and known.contains_weak(tag):
                return _not_modified(tag)

            @after_this_request
            async def name(response: ResponseTypes) -> ResponseTypes:
                if response.status_code == 200:
                    response.set_etag(tag, weak=True)
                return response

            return await handler(*args, **kwargs)

        def keys(scope: Scope) -> list[str]:
            return [versions.key(scope, name) for name in counters]

        answered.is_conditional = True  # type: ignore[attr-defined]  # read by openapi
        answered.redis_keys = keys  # type: ignore[attr-defined]  # read by requires
        return answered

    return decorate


def _may_have(parameter: str) -> bool:
    """Say whether it is worth reading the query: nearly all requests have none."""
    query = request.query_string
    return bool(query) and (parameter.encode() in query or b"%" in query)


def _not_modified(tag: str) -> Response:
    # b"" and not nothing: of nothing Quart would ask a thread for the next part.
    reply = Response(b"", 304, {"ETag": f'W/"{tag}"'})
    del reply.headers["Content-Type"]
    return reply


def _tag(tokens: list[str], *, daily: bool) -> str:
    """Return a name for what this request is answered with.

    A list shows its reader's own view, its dates mean the reader's zone, and its shape is that
    of this release.
    """
    identity = current_identity()
    today = utc_now().astimezone(_zone(identity.zone)).date().isoformat() if daily else ""
    parts = (
        *tokens,
        str(identity.scope.user_id),
        identity.zone,
        today,
        VERSION,
        request.path,
        request.query_string.decode("latin-1"),
    )
    digest = hashlib.sha256("\n".join(parts).encode()).digest()[:12]
    return urlsafe_b64encode(digest).decode()


def _zone(name: str) -> ZoneInfo:
    """Return a user's zone; UTC for one that this machine does not know any more."""
    return zone(name if is_zone(name) else "UTC")
