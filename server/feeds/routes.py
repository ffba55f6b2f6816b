"""Feeds of suggestions for calendar programs."""

from uuid import UUID

from quart import Blueprint, Response, request
from quart_schema import tag_blueprint, validate_querystring, validate_request, validate_response

from server.config import settings
from server.feeds import service
from server.feeds.schemas import FeedCreated, FeedIn, FeedOut, FeedPage, FeedPatch
from server.lib.clock import utc_now
from server.lib.http import (
    answers_file,
    errors,
    etag,
    expected_version,
    not_modified,
    tries_each_tag,
)
from server.lib.paging import PageQuery
from server.users.guards import current_scope, public, requires
from server.users.permissions import Permission

feeds = Blueprint("feeds", __name__)
tag_blueprint(feeds, ["feeds"])

_HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": 'inline; filename="catchup.ics"',
    "X-Robots-Tag": "noindex",
}


@feeds.post("/api/feeds")
@requires(Permission.CALENDARS_WRITE)
@validate_request(FeedIn)
@validate_response(FeedCreated, 201)
@errors(409)
async def create_feed(data: FeedIn) -> tuple[FeedCreated, int, dict[str, str]]:
    """Make a feed, one for each device; the reply alone has its address."""
    made = await service.create_feed(current_scope(), data, base_url=_base_url(), now=utc_now())
    return made, 201, etag(made.version)


@feeds.get("/api/feeds")
@requires(Permission.CALENDARS_READ)
@validate_querystring(PageQuery)
@validate_response(FeedPage)
async def list_feeds(query_args: PageQuery) -> FeedPage:
    """List the caller's feeds by name, without those revoked."""
    return await service.list_feeds(current_scope(), query_args)


@feeds.get("/api/feeds/<uuid:feed_id>")
@requires(Permission.CALENDARS_READ)
@validate_response(FeedOut)
async def get_feed(feed_id: UUID) -> tuple[FeedOut, int, dict[str, str]]:
    """Read one feed."""
    found = await service.get_feed(current_scope(), feed_id)
    return found, 200, etag(found.version)


@feeds.patch("/api/feeds/<uuid:feed_id>")
@requires(Permission.CALENDARS_WRITE)
@validate_request(FeedPatch)
@validate_response(FeedOut)
@errors(412)
@tries_each_tag
async def patch_feed(feed_id: UUID, data: FeedPatch) -> tuple[FeedOut, int, dict[str, str]]:
    """Change what a feed shows, or its name; its address stays."""
    found = await service.patch_feed(current_scope(), feed_id, data, expected=_expected())
    return found, 200, etag(found.version)


@feeds.delete("/api/feeds/<uuid:feed_id>")
@requires(Permission.CALENDARS_WRITE)
@errors(412)
@tries_each_tag
async def revoke_feed(feed_id: UUID) -> tuple[str, int]:
    """Revoke a feed: its address is not found from now on."""
    await service.revoke_feed(current_scope(), feed_id, expected=_expected(), now=utc_now())
    return "", 204


@feeds.get("/feeds/<token>.ics")
@public("calendar programs cannot sign in; the address holds a secret of 256 bits")
@answers_file("text/calendar", has_etag=True)
async def read_feed(token: str) -> Response:
    """Return a feed's calendar (RFC 5545), for calendar programs to subscribe to.

    Pending suggestions are tentative, accepted and confirmed ones are not; all others leave it.
    """
    file = await service.read_feed(token, now=utc_now())
    if request.if_none_match.contains_weak(file.tag):
        return not_modified(file.tag, _HEADERS)
    reply = Response(file.content, content_type="text/calendar; charset=utf-8", headers=_HEADERS)
    reply.set_etag(file.tag)
    reply.last_modified = file.changed_at
    return reply


def _base_url() -> str:
    """Return where the server is: never the request's word for it, but in development."""
    config = settings()
    if config.public_url is None and config.app_env == "development":
        return request.host_url.rstrip("/")
    return config.base_url


def _expected() -> int | None:
    return expected_version(request.headers.get("If-Match"))
