"""Webhooks that we send to ourselves, the way a provider would: through PUBLIC_URL."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from server.integrations.findings import Finding, fail, ok

if TYPE_CHECKING:
    from httpx2 import Response

HEADER = "X-Twilio-Signature"
LIMIT_S = 10.0
# A status that says nothing of no message: it proves itself, and changes nothing.
_FORM = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "catchup-doctor"}
_PROXY_FIX = "let the proxy pass path and body on unchanged"


async def call_ourselves(url: str, token: str) -> Finding:
    """See that what Twilio signs for `url` is taken, and that what nobody signed is not."""
    import httpx2
    from twilio.request_validator import RequestValidator

    signature = RequestValidator(token).compute_signature(url, _FORM)
    try:
        async with httpx2.AsyncClient(timeout=LIMIT_S, trust_env=False) as http:
            signed = await http.post(url, data=_FORM, headers={HEADER: signature})
            unsigned = await http.post(url, data=_FORM, headers={HEADER: "bm90IHNpZ25lZA=="})
    except httpx2.HTTPError as error:
        return _no_answer(url, error)
    if not signed.is_success:
        return _not_taken(url, signed, what="TWILIO_AUTH_TOKEN")
    if unsigned.status_code != HTTPStatus.FORBIDDEN:
        detail = f"{url} answers {unsigned.status_code} to what nobody signed"
        return fail(detail, "what answers there is not CatchUp; look at the proxy")
    return ok("a signed callback comes through PUBLIC_URL, an unsigned one does not")


async def knock(url: str) -> Finding:
    """See that a webhook of SendGrid's is there; with a key of theirs alone it would let us in."""
    import httpx2

    try:
        async with httpx2.AsyncClient(timeout=LIMIT_S, trust_env=False) as http:
            reply = await http.post(url, json=[])
    except httpx2.HTTPError as error:
        return _no_answer(url, error)
    if reply.status_code == HTTPStatus.FORBIDDEN and _code_of(reply) == "webhook_not_verified":
        return ok("events come through PUBLIC_URL as far as to their signature")
    return _not_taken(url, reply, what="SENDGRID_WEBHOOK_PUBLIC_KEY")


def _no_answer(url: str, error: Exception) -> Finding:
    fix = "is the server running, and does PUBLIC_URL lead to it from here?"
    return fail(f"{url} does not answer ({type(error).__name__})", fix)


def _not_taken(url: str, reply: "Response", *, what: str) -> Finding:
    if reply.is_redirect:
        to = reply.headers.get("Location", "")
        detail = f"{url} leads on to {to}: no signature fits there"
        return fail(detail, "set PUBLIC_URL to the address that is led to")
    if reply.status_code != HTTPStatus.FORBIDDEN:
        return fail(f"{url} answers {reply.status_code}", f"is CatchUp there? {_PROXY_FIX}")
    code = _code_of(reply)
    if code == "webhook_not_configured":
        detail = f"the running server does not know {what}"
        return fail(detail, "give the server the same settings and restart it")
    if code is None:
        return fail(f"something before CatchUp answers 403 at {url}", _PROXY_FIX)
    detail = f"the server refuses what is signed for {url}"
    fix = f"give it the same PUBLIC_URL and {what} and restart it; {_PROXY_FIX}"
    return fail(detail, fix)


def _code_of(reply: "Response") -> str | None:
    """Return the code of CatchUp's own errors."""
    try:
        body = reply.json()
    except ValueError:
        return None
    return body.get("code") if isinstance(body, dict) else None
