"""The page behind a mail's List-Unsubscribe: GET asks, POST does it (RFC 8058)."""

from quart import Blueprint, Response
from quart_schema import tag_blueprint

from server.digests import unsubscribe as service
from server.digests.unsubscribe_page import POLICY, page
from server.lib.clock import utc_now
from server.lib.http import answers_file
from server.lib.languages.language import Language
from server.users.guards import public

unsubscribe = Blueprint("unsubscribe", __name__)
tag_blueprint(unsubscribe, ["messages"])

_REASON = "who unsubscribes is not made to sign in; the address holds a proof of 112 bits"


@unsubscribe.get("/unsubscribe/<unsubscribe_token>")
@public(_REASON)
@answers_file("text/html")
async def read_unsubscribe_page(unsubscribe_token: str) -> Response:
    """Ask whether mails shall stop; changes nothing, for mail programs open every link."""
    is_stopped, language = await service.is_stopped(unsubscribe_token)
    return _page(language, unsubscribe_token, is_stopped=is_stopped)


@unsubscribe.post("/unsubscribe/<unsubscribe_token>")
@public(_REASON)
@answers_file("text/html")
async def unsubscribe_by_token(unsubscribe_token: str) -> Response:
    """Stop all mails but those that the account itself needs; a mail program's one click, too."""
    language = await service.stop(unsubscribe_token, now=utc_now())
    return _page(language, unsubscribe_token, is_stopped=True)


@unsubscribe.post("/unsubscribe/<unsubscribe_token>/undo")
@public(_REASON)
@answers_file("text/html")
async def resubscribe_by_token(unsubscribe_token: str) -> Response:
    """Send mails again."""
    language = await service.start(unsubscribe_token, now=utc_now())
    return _page(language, unsubscribe_token, is_stopped=False)


def _page(language: Language, token: str, *, is_stopped: bool) -> Response:
    return Response(
        page(language, is_stopped=is_stopped, token=token),
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
    )
