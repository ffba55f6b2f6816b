"""Each request gets an id, and on its reply a log line, its metrics and what is left to ask."""

import os
import time

import structlog
from quart import Quart, Response, g, request

from server import logs, metrics, reporting
from server.lib.gcra import Verdict

NO_ROUTE = "-"


def register(app: Quart) -> None:
    """Watch the app's requests."""

    @app.before_request
    async def begin() -> None:
        known = g._get_current_object()  # noqa: SLF001  # as in `end`
        known.started = time.perf_counter()
        known.request_id = os.urandom(16).hex()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=known.request_id)
        known.route = _route()
        known.end_trace = reporting.trace(known.route)

    @app.after_request
    async def end(response: Response) -> Response:
        # Werkzeug documents it: each look through `g` costs more than what it finds.
        known = g._get_current_object()  # noqa: SLF001
        method, status = metrics.known_method(request.method), response.status_code
        route: str = known.get("route") or _route()
        request_id: str = known.get("request_id", "")
        said = [("X-Request-ID", request_id)]
        verdict: Verdict | None = known.get("rate_limit")
        if verdict is not None:
            # draft-ietf-httpapi-ratelimit-headers-06, the last with a header for each figure.
            said += [
                ("RateLimit-Limit", str(verdict.limit)),
                ("RateLimit-Remaining", str(verdict.remaining)),
                ("RateLimit-Reset", str(verdict.reset_s)),
            ]
        response.headers.extend(said)
        logs.write_request(method, route, status, request_id)
        if "started" in known:
            metrics.observe_request(method, route, status, time.perf_counter() - known.started)
            known.end_trace(status)
        return response


def _route() -> str:
    """Return the template of the address, never the address: it may carry a token."""
    rule = request.url_rule
    return rule.rule if rule else NO_ROUTE
