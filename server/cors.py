"""Cross-origin requests by CORS_ALLOWED_ORIGINS: exact origins, tokens in headers, no cookies."""

from quart import Quart, Response, request
from werkzeug.exceptions import MethodNotAllowed

ALLOWED_HEADERS = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key"
EXPOSED_HEADERS = (
    "ETag, Location, Content-Disposition, X-Request-ID, Idempotency-Replayed, "
    "Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
)
PREFLIGHT_S = 600
"""How long a browser may remember the answer to a preflight."""


def allow(app: Quart, origins: list[str]) -> None:
    """Let pages of `origins` call the app; without any, browsers are told nothing."""
    if not origins:
        return
    allowed = frozenset(origins)

    @app.before_request
    async def answer_preflight() -> Response | None:
        if not _is_preflight() or request.headers.get("Origin") not in allowed:
            return None
        refusal = request.routing_exception
        if not isinstance(refusal, MethodNotAllowed):  # no such address: a plain 404
            return None
        return Response(
            status=204,
            headers={
                "Access-Control-Allow-Methods": ", ".join(sorted(refusal.valid_methods or ())),
                "Access-Control-Allow-Headers": ALLOWED_HEADERS,
                "Access-Control-Max-Age": str(PREFLIGHT_S),
            },
        )

    @app.after_request
    async def name_origin(response: Response) -> Response:
        response.vary.add("Origin")
        origin = request.headers.get("Origin")
        if origin in allowed:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        return response


def _is_preflight() -> bool:
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
