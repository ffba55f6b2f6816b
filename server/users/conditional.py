"""Lists that answer 304 Not Modified before they ask PostgreSQL anything (ADR 0017)."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from functools import partial, wraps
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from quart import Response, after_this_request, request
from quart.typing import ResponseTypes

from server import versions
from server.lib.clock import is_zone, utc_now, zone
from server.lib.version import VERSION
from server.users.guards import current_identity, current_values

P = ParamSpec("P")
T = TypeVar("T")
Handler = Callable[P, Awaitable[T]]


def conditional(
    *names: versions.Name, daily: bool = False
) -> Callable[[Handler[P, T]], Handler[P, T | Response]]:
    """Name a list's replies by the counters that it depends on, and answer 304 to who has it.

    Directly inside `requires`, which reads the counters with the rate limit. `daily` lists also
    change at the user's midnight.
    """

    def decorate(handler: Handler[P, T]) -> Handler[P, T | Response]:
        @wraps(handler)
        async def answered(*args: P.args, **kwargs: P.kwargs) -> T | Response:
            tokens = await _tokens(names)
            if tokens is None:  # Redis is away: the list is not named
                return await handler(*args, **kwargs)
            tag = _tag(tokens, daily=daily)
            known = request.if_none_match
            # `*` asks whether there is a list at all, which only the handler can say.
            if not known.star_tag and known.contains_weak(tag):
                # b"" and not nothing: Quart would look for an iterator's items in a thread.
                unchanged = Response(b"", 304)
                unchanged.set_etag(tag, weak=True)
                del unchanged.headers["Content-Type"]
                return unchanged

            @after_this_request
            async def name(response: ResponseTypes) -> ResponseTypes:
                if response.status_code == 200:
                    response.set_etag(tag, weak=True)
                return response

            return await handler(*args, **kwargs)

        answered.is_conditional = True  # type: ignore[attr-defined]  # read by openapi
        answered.also = partial(versions.readable, names=names)  # type: ignore[attr-defined]
        return answered

    return decorate


async def _tokens(names: Sequence[versions.Name]) -> list[str] | None:
    """Return the counters' tokens: those that came with the rate limit, where that was enough."""
    values = current_values()
    if values is None:  # the limiter has just found Redis away
        return None
    tokens = [value.decode() for value in values if value is not None]
    if len(tokens) == len(names):
        return tokens
    return await versions.read(current_identity().scope, names)


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
