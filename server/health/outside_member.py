"""What a member sees of a deployment: sign-in, contacts, suggestions, a feed.

It writes one contact and one feed, and takes both away again, whatever happens in between.
"""

from collections.abc import AsyncIterator
from typing import Any

import httpx2

from server.health.checks import Check
from server.health.outside import Deployment, bad, body_of, ok

CONTACT = "CatchUp verify"


async def look(server: Deployment, email: str, password: str) -> AsyncIterator[Check]:
    """Yield the checks of a member's main paths; the session ends with them.

    Raises:
        httpx2.HTTPError: the server stopped answering.
    """
    reply = await server.http.post("/api/auth/login", json={"email": email, "password": password})
    token = body_of(reply).get("token")
    if reply.status_code == 202:
        fix = "give --user somebody without a second factor: a member for this alone, say"
        yield bad("sign-in", "the password fits, and a second factor is asked for", fix)
        return
    if not token:
        yield bad("sign-in", _says(reply), "is it the right account, and is Redis running?")
        return
    yield ok("sign-in")
    headers = {"Authorization": f"Bearer {token}"}
    try:
        for check in await _contacts(server, headers):
            yield check
        yield await _suggestions(server, headers)
        for check in await _feed(server, headers):
            yield check
    finally:
        ended = await server.http.post("/api/auth/logout", headers=headers)
    after = await server.http.get("/api/auth/me", headers=headers)
    if ended.status_code != 204 or after.status_code != 401:
        yield bad("sign-out", _says(after), "the session goes on; report this")
    else:
        yield ok("sign-out", "at once")


async def _contacts(server: Deployment, headers: dict[str, str]) -> list[Check]:
    http = server.http
    made = await http.post("/api/contacts", json={"name": CONTACT}, headers=headers)
    if made.status_code != 201:
        return [bad("contacts", f"cannot be made: {_says(made)}", "look at the server's log")]
    address = f"/api/contacts/{body_of(made)['id']}"
    try:
        tag = made.headers.get("ETag", "")
        changed = await http.patch(
            address, json={"nickname": "verify"}, headers={**headers, "If-Match": tag}
        )
        late = await http.patch(
            address, json={"nickname": "late"}, headers={**headers, "If-Match": tag}
        )
        found = await http.get("/api/contacts", params={"search": CONTACT}, headers=headers)
    finally:
        gone = await http.delete(address, headers=headers)
    steps = {
        "change": changed.status_code == 200 and body_of(changed).get("nickname") == "verify",
        "If-Match": late.status_code == 412,
        "search": any(each["name"] == CONTACT for each in body_of(found).get("items", [])),
        "delete": gone.status_code == 204,
    }
    return [_judge("contacts", steps, "made, changed, found, deleted"), _limits(made)]


def _limits(reply: httpx2.Response) -> Check:
    limit = reply.headers.get("RateLimit-Limit")
    if limit is None:
        fix = "set RATE_LIMIT_PER_MINUTE, or let the proxy pass RateLimit-* on"
        return Check("rate limit", "warn", "requests are not limited", fix)
    return ok("rate limit", f"{limit} per minute")


async def _suggestions(server: Deployment, headers: dict[str, str]) -> Check:
    reply = await server.http.get("/api/suggestions", params={"state": "pending"}, headers=headers)
    items = body_of(reply).get("items")
    if reply.status_code != 200 or items is None:
        return bad("suggestions", _says(reply), "look at the server's log")
    return ok("suggestions", f"{len(items)} pending")


async def _feed(server: Deployment, headers: dict[str, str]) -> list[Check]:
    http = server.http
    made = await http.post("/api/feeds", json={"name": CONTACT}, headers=headers)
    if made.status_code != 201:
        return [bad("feed", f"cannot be made: {_says(made)}", "look at the server's log")]
    feed = body_of(made)
    # At the address that was given to us: the server's own idea of it is judged below.
    address = httpx2.URL(feed["url"]).raw_path.decode()
    try:
        read = await http.get(address)
    finally:
        gone = await http.delete(f"/api/feeds/{feed['id']}", headers=headers)
    after = await http.get(address)
    steps = {
        "read": read.status_code == 200 and read.text.startswith("BEGIN:VCALENDAR"),
        "revoke": gone.status_code == 204 and after.status_code == 404,
    }
    checks = [_judge("feed", steps, "made, read, revoked")]
    if not feed["url"].startswith(server.url):
        fix = f"set PUBLIC_URL to {server.url}"
        checks.append(Check("public address", "warn", f"links lead to {_host(feed)}", fix))
    return checks


def _judge(name: str, steps: dict[str, bool], done: str) -> Check:
    failed = [step for step, passed in steps.items() if not passed]
    if failed:
        return bad(name, f"failed: {', '.join(failed)}", "look at the server's log")
    return ok(name, done)


def _says(reply: httpx2.Response) -> str:
    code = body_of(reply).get("code")
    return f"{reply.status_code} {code}" if code else str(reply.status_code)


def _host(feed: dict[str, Any]) -> str:
    return str(httpx2.URL(feed["url"]).host)
