"""A webhook of Twilio's that we send to ourselves, the way Twilio would: through PUBLIC_URL."""

from http import HTTPStatus
from typing import TYPE_CHECKING

from server.integrations.findings import Finding, fail, ok

if TYPE_CHECKING:
    from httpx2 import AsyncClient, Response

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
    async with httpx2.AsyncClient(timeout=LIMIT_S, trust_env=False) as http:
        try:
            signed = await _post(http, url, signature)
            unsigned = await _post(http, url, "bm90IHNpZ25lZA==")
        except httpx2.HTTPError as error:
            fix = "is the server running, and does PUBLIC_URL lead to it from here?"
            return fail(f"{url} does not answer ({type(error).__name__})", fix)
    if not signed.is_success:
        return _not_taken(url, signed)
    if unsigned.status_code != HTTPStatus.FORBIDDEN:
        detail = f"{url} answers {unsigned.status_code} to what nobody signed"
        return fail(detail, "what answers there is not CatchUp; look at the proxy")
    return ok("a signed callback comes through PUBLIC_URL, an unsigned one does not")


async def _post(http: "AsyncClient", url: str, signature: str) -> "Response":
    return await http.post(url, data=_FORM, headers={HEADER: signature})


def _not_taken(url: str, reply: "Response") -> Finding:
    if reply.is_redirect:
        to = reply.headers.get("Location", "")
        detail = f"{url} leads on to {to}: Twilio's signature does not fit there"
        return fail(detail, "set PUBLIC_URL to the address that is led to")
    if reply.status_code != HTTPStatus.FORBIDDEN:
        return fail(f"{url} answers {reply.status_code}", f"is CatchUp there? {_PROXY_FIX}")
    code = _code_of(reply)
    if code == "webhook_not_configured":
        detail = "the running server does not know TWILIO_AUTH_TOKEN"
        return fail(detail, "give the server the same settings and restart it")
    if code is None:
        return fail(f"something before CatchUp answers 403 at {url}", _PROXY_FIX)
    detail = f"the server refuses what is signed for {url}"
    fix = f"give it the same PUBLIC_URL and TWILIO_AUTH_TOKEN and restart it; {_PROXY_FIX}"
    return fail(detail, fix)


def _code_of(reply: "Response") -> str | None:
    """Return the code of CatchUp's own errors."""
    try:
        body = reply.json()
    except ValueError:
        return None
    return body.get("code") if isinstance(body, dict) else None
