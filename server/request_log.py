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
        g.started = time.perf_counter()
        g.request_id = os.urandom(16).hex()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)
        g.end_trace = reporting.trace(_route())

    @app.after_request
    async def end(response: Response) -> Response:
        method, route, status = request.method, _route(), response.status_code
        response.headers["X-Request-ID"] = g.get("request_id", "")
        verdict: Verdict | None = g.get("rate_limit")
        if verdict is not None:
            # draft-ietf-httpapi-ratelimit-headers-06, the last with a header for each figure.
            response.headers["RateLimit-Limit"] = str(verdict.limit)
            response.headers["RateLimit-Remaining"] = str(verdict.remaining)
            response.headers["RateLimit-Reset"] = str(verdict.reset_s)
        logs.write_request(method, route, status, g.get("request_id", ""))
        if "started" in g:
            metrics.observe_request(method, route, status, time.perf_counter() - g.started)
            g.end_trace(status)
        return response


def _route() -> str:
    """Return the template of the address, never the address: it may carry a token."""
    return request.url_rule.rule if request.url_rule else NO_ROUTE
