"""Is the server well? For monitors, proxies and systemd; outside of /api."""

from quart import Blueprint, Response, current_app
from quart_schema import tag_blueprint, validate_response

from server.config import settings
from server.health import service
from server.health.schemas import HealthOut, LiveOut
from server.health.security_txt import security_txt
from server.lib.clock import utc_now
from server.lib.http import answers_file
from server.users.guards import public

health = Blueprint("health", __name__)
tag_blueprint(health, ["operations"])


@health.get("/health")
@public("monitors and proxies have no account; it says nothing of anybody", limit=None)
@validate_response(HealthOut)
@validate_response(HealthOut, 503)
async def get_health() -> tuple[HealthOut, int, dict[str, str]]:
    """Say whether the server can do its work: 503 when a part that it needs is down.

    A reply may be a second old. A read replica that is away only warns.
    """
    latest = current_app.extensions.setdefault("health", service.LatestHealth())
    found: HealthOut = await latest.get(now=utc_now())
    if found.status == "fail":
        return found, 503, {"Retry-After": "5"}
    return found, 200, {}


@health.get("/health/live")
@public("it says nothing but that the process answers", limit=None)
@validate_response(LiveOut)
async def get_live() -> LiveOut:
    """Say that the process answers; restart it when it does not."""
    return LiveOut(status="ok")


@health.get("/.well-known/security.txt")
@public("who finds a weakness has no account")
@answers_file("text/plain")
async def get_security_txt() -> Response:
    """Say whom to tell of a weakness (RFC 9116)."""
    current = settings()
    text = security_txt(contact=current.security_contact, base_url=current.base_url, now=utc_now())
    return Response(text, content_type="text/plain; charset=utf-8")
