"""`/metrics` for Prometheus, outside of /api; not for the world."""

from quart import Blueprint, Response, request
from quart_schema import tag_blueprint

from server.health import service_metrics
from server.lib.addresses import is_this_machine
from server.lib.clock import utc_now
from server.lib.http import answers_file, errors
from server.users.guards import demand, public
from server.users.permissions import Permission

metrics = Blueprint("metrics", __name__)
tag_blueprint(metrics, ["operations"])

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Any of these says that a proxy passed the request on, for somebody elsewhere.
_PASSED_ON = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


@metrics.get("/metrics")
@public("a scraper on this machine has no account; from elsewhere it needs one", limit=None)
@answers_file("text/plain")
@errors(401, 403)
async def get_metrics() -> Response:
    """Answer the server's figures in Prometheus' text format.

    Requests of this machine that no proxy passed on need no token; others need an admin's.
    """
    if not _is_from_here():
        await demand(Permission.ADMIN_READ)
    return Response(await service_metrics.exposition(now=utc_now()), content_type=CONTENT_TYPE)


def _is_from_here() -> bool:
    passed_on = any(name in request.headers for name in _PASSED_ON)
    return not passed_on and is_this_machine(request.remote_addr or "")
