"""A look at a SendGrid key: what it may do; nothing is sent."""

import asyncio
import http.client
import json
import urllib.error
from typing import Any

from server.integrations.findings import Finding, fail, ok
from server.integrations.sendgrid.channel import LIMIT_S, SendGridChannel

_WRONG_KEY = (401, 403)
_SCOPE = "mail.send"


async def probe(channel: SendGridChannel) -> list[Finding]:
    """Ask which scopes the key has."""
    from python_http_client.exceptions import HTTPError

    try:
        async with asyncio.timeout(LIMIT_S):
            scopes = await asyncio.to_thread(_scopes, channel)
    except HTTPError as error:
        if error.status_code in _WRONG_KEY:
            fix = "make a key with the scope mail.send, and set SENDGRID_API_KEY to it"
            return [fail("SendGrid refuses SENDGRID_API_KEY", fix)]
        return [fail(f"SendGrid answers {error.status_code}", "try again; look at its status page")]
    except (urllib.error.URLError, OSError, http.client.HTTPException) as error:
        fix = "look at the machine's way out, and at SENDGRID_BASE_URL if that is set"
        return [fail(f"SendGrid does not answer ({type(error).__name__})", fix)]
    except (ValueError, TypeError, KeyError):
        return [fail("what answers is not SendGrid", "look at SENDGRID_BASE_URL")]
    if _SCOPE not in scopes:
        return [fail("the key may not send mail", "give it the scope mail.send")]
    more = len(scopes) - 1
    if more:
        detail = f"the key may send mail, and {more} more things"
        return [Finding("ok", detail, "a key with mail.send alone does")]
    return [ok("the key may send mail")]


def _scopes(channel: SendGridChannel) -> list[str]:
    body: Any = json.loads(channel.client().client.scopes.get().body)
    return [str(scope) for scope in body["scopes"]]
