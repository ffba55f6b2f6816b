"""Quart without what it works out anew for each request, and nobody here asks for (ADR 0018)."""

from collections.abc import Awaitable, Callable
from functools import cache
from inspect import CO_COROUTINE
from typing import Any

from quart import Quart, Request
from quart.sessions import NullSession, SessionInterface
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.routing import MapAdapter


class _NoSessions(SessionInterface):
    """Quart's sessions would be cookies, and there are none."""

    _none = NullSession()

    async def open_session(self, _app: Quart, _request: BaseRequestWebsocket) -> NullSession:
        """Return the session that holds nothing and takes nothing."""
        return self._none


class LeanQuart(Quart):
    """Quart for an app of coroutines that has no sessions and answers to any host name."""

    session_interface = _NoSessions()  # type: ignore[assignment]  # Quart names its default

    def create_url_adapter(self, request: BaseRequestWebsocket | None) -> MapAdapter | None:
        """Find routes by method and path; Quart takes the host's name apart each time."""
        if request is None:
            return super().create_url_adapter(None)
        return self.url_map.bind(
            "",
            request.root_path,
            url_scheme=request.scheme,
            default_method=request.method,
            path_info=request.path,
            query_args=request.query_string.decode(),
        )

    def ensure_async(self, func: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        """Return a coroutine function as it is; Quart has `inspect` look at it, at each call."""
        code = getattr(func, "__code__", None)
        if code is not None and code.co_flags & CO_COROUTINE:
            return func
        return super().ensure_async(func)


class LeanRequest(Request):
    """Quart's request."""

    @property
    def blueprints(self) -> list[str]:
        """Return the names of the blueprints that the route is of, the inmost first."""
        rule = self.url_rule
        return [] if rule is None else _blueprints_of(rule.endpoint)


@cache
def _blueprints_of(endpoint: str) -> list[str]:
    names = endpoint.split(".")[:-1]
    return [".".join(names[:count]) for count in range(len(names), 0, -1)]
