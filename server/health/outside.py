"""What anybody sees of a deployment from outside: its address, TLS, health and headers."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx2

from server.health.checks import Check

LIMIT_S = 10.0
# Renewal begins 30 days before the end; half of that gone means that it does not work.
LITTLE_TIME_DAYS = 15
FOREIGN_ORIGIN = "https://verify.example.org"
DAY_S = 86_400

_SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True, slots=True)
class Deployment:
    """A server at the other end: an HTTP client of it, its address, whom its TLS trusts."""

    http: httpx2.AsyncClient
    url: str
    tls: ssl.SSLContext

    @property
    def is_encrypted(self) -> bool:
        """Say whether its address is https."""
        return self.url.startswith("https://")

    @property
    def host(self) -> str:
        """The name that it is reached by."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_here(self) -> bool:
        """Say whether it is this very machine, which no wire lies between."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def ok(name: str, detail: str = "") -> Check:
    """Return a passed check."""
    return Check(name, "ok", detail)


def bad(name: str, detail: str, fix: str) -> Check:
    """Return a failed check."""
    return Check(name, "fail", detail, fix)


async def look(server: Deployment) -> AsyncIterator[Check]:
    """Yield every check that needs no account; nothing is changed.

    Raises:
        httpx2.HTTPError: the server stopped answering.
    """
    yield await _tls(server)
    if server.is_encrypted:
        yield await _plain_http(server)
    yield await _alive(server)
    for check in await _health(server):
        yield check
    for check in await _headers(server):
        yield check
    yield await _anonymous(server)
    yield await _cross_origin(server)
    yield await _metrics(server)
    yield await _document(server)


async def _tls(server: Deployment) -> Check:
    if not server.is_encrypted:
        if server.is_here:
            return ok("tls", "not encrypted, but on this machine")
        return bad("tls", "the address is not https", "put a proxy with TLS in front")
    port = urlsplit(server.url).port or 443
    try:
        async with asyncio.timeout(LIMIT_S):
            _, writer = await asyncio.open_connection(server.host, port, ssl=server.tls)
    except ssl.SSLError as error:
        return bad("tls", f"{error.reason}: {error}", "renew the certificate, or pass --ca")
    except (OSError, TimeoutError) as error:
        return bad("tls", f"{type(error).__name__}", "is the proxy running?")
    connection = writer.get_extra_info("ssl_object")
    version = connection.version()
    days = int(ssl.cert_time_to_seconds(connection.getpeercert()["notAfter"]) - time.time())
    writer.close()
    left = days // DAY_S
    if left < LITTLE_TIME_DAYS:
        return Check("tls", "warn", f"the certificate ends in {left} days", "look at its renewal")
    return ok("tls", f"{version}, the certificate ends in {left} days")


async def _plain_http(server: Deployment) -> Check:
    """The unencrypted port leads to the encrypted one, or does not answer at all."""
    try:
        reply = await server.http.get(f"http://{server.host}/api/openapi.json")
    except httpx2.HTTPError:
        return ok("redirect", "nothing answers on port 80")
    target = reply.headers.get("Location", "")
    if reply.is_redirect and target.startswith("https://"):
        return ok("redirect", "http leads to https")
    return bad("redirect", "http answers without TLS", "let the proxy redirect http to https")


async def _alive(server: Deployment) -> Check:
    began = time.perf_counter()
    reply = await server.http.get("/health/live")
    took_ms = (time.perf_counter() - began) * 1000
    if reply.status_code != 200 or body_of(reply).get("status") != "ok":
        return bad("alive", f"GET /health/live: {reply.status_code}", "is this a CatchUp server?")
    return ok("alive", f"{took_ms:.0f} ms")


async def _health(server: Deployment) -> list[Check]:
    reply = await server.http.get("/health")
    parts: Mapping[str, Any] = body_of(reply).get("checks", {})
    if not parts:
        return [bad("health", f"GET /health: {reply.status_code}", "run catchup doctor there")]
    return [
        Check(
            f"health: {name}",
            part["status"],
            part["reason"] or "",
            "" if part["status"] == "ok" else "run catchup doctor on the server",
        )
        for name, part in parts.items()
    ]


async def _headers(server: Deployment) -> list[Check]:
    """Look at a refusal: headers belong on errors, too."""
    reply = await server.http.get("/api/contacts")
    found = reply.headers
    wrong = [name for name, word in _SAFE_HEADERS.items() if found.get(name) != word]
    if "default-src 'none'" not in found.get("Content-Security-Policy", ""):
        wrong.append("Content-Security-Policy")
    if "no-store" not in found.get("Cache-Control", ""):
        wrong.append("Cache-Control")
    if server.is_encrypted and "max-age" not in found.get("Strict-Transport-Security", ""):
        wrong.append("Strict-Transport-Security")
    fix = "does the proxy remove or change them? PUBLIC_URL must be the https address"
    checks = [bad("headers", f"missing or changed: {', '.join(wrong)}", fix)] if wrong else []
    return checks or [ok("headers")]


async def _anonymous(server: Deployment) -> Check:
    reply = await server.http.get("/api/contacts")
    is_problem = reply.headers.get("Content-Type", "").startswith("application/problem+json")
    if reply.status_code != 401 or not is_problem or "WWW-Authenticate" not in reply.headers:
        return bad(
            "refusal",
            f"GET /api/contacts without a token: {reply.status_code}",
            "expected 401 as problem+json; does the proxy answer in the server's place?",
        )
    return ok("refusal", "without a token nothing is shown")


async def _cross_origin(server: Deployment) -> Check:
    reply = await server.http.get("/api/contacts", headers={"Origin": FOREIGN_ORIGIN})
    allowed = reply.headers.get("Access-Control-Allow-Origin")
    if allowed in {"*", FOREIGN_ORIGIN}:
        return bad("cors", f"any origin may call: {allowed}", "look at CORS_ALLOWED_ORIGINS")
    return ok("cors", "a foreign page may not call")


async def _metrics(server: Deployment) -> Check:
    reply = await server.http.get("/metrics")
    if reply.status_code == 200 and not server.is_here:
        return bad("metrics", "anybody can read /metrics", "keep the proxy from passing it on")
    return ok("metrics", "not public" if reply.status_code != 200 else "answered to this machine")


async def _document(server: Deployment) -> Check:
    reply = await server.http.get("/api/openapi.json")
    document = body_of(reply)
    if reply.status_code != 200 or not document.get("paths"):
        return bad("document", f"GET /api/openapi.json: {reply.status_code}", "is it CatchUp?")
    return ok("document", f"version {document['info']['version']}")


def body_of(reply: httpx2.Response) -> dict[str, Any]:
    """Return the JSON object of a reply; an empty one where there is none."""
    try:
        body = json.loads(reply.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
