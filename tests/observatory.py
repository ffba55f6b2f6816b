"""The HTTP Observatory's score of one reply, without the Observatory.

Source: MDN HTTP Observatory, "Tests and scoring" (2024): 100 and what each test adds or takes;
bonuses count from 90 on. Of its 145 points at most, 15 are for what we do not have: cookies,
scripts of others, a place in the browsers' preload list.
"""

import re
from typing import Any

SIX_MONTHS_S = 15_768_000


def score(headers: Any) -> int:
    """Return the score of a reply that came by TLS."""
    found = [
        _policy(headers),
        _cookies(headers),
        _sharing(headers),
        _own_resource(headers),
        _referrer(headers),
        _tls(headers),
        0 if headers.get("X-Content-Type-Options") == "nosniff" else -5,
        _frames(headers),
    ]
    base = 100 + sum(points for points in found if points < 0)
    return base + (sum(points for points in found if points > 0) if base >= 90 else 0)


def directives(headers: Any) -> dict[str, list[str]]:
    """Return the parts of the Content-Security-Policy."""
    words = [part.split() for part in headers.get("Content-Security-Policy", "").split(";")]
    return {part[0].lower(): part[1:] for part in words if part}


def _policy(headers: Any) -> int:
    policy = directives(headers)
    sources = [*policy.get("default-src", ["*"]), *policy.get("script-src", ())]
    styles = policy.get("style-src", [])
    if not policy:
        return -25
    if {"'unsafe-inline'", "'unsafe-eval'", "data:", "*", "https:", "http:"} & set(sources):
        return -20
    if "'unsafe-inline'" in styles:
        return 0
    return 10 if policy.get("default-src") == ["'none'"] else 5


def _cookies(headers: Any) -> int:
    """Return what a cookie of any kind costs: the product has none."""
    return -40 if "Set-Cookie" in headers else 0


def _sharing(headers: Any) -> int:
    return -50 if headers.get("Access-Control-Allow-Origin") in {"*", "null"} else 0


def _own_resource(headers: Any) -> int:
    return {"same-origin": 10, "same-site": 10, "cross-origin": -5}.get(
        headers.get("Cross-Origin-Resource-Policy", ""), 0
    )


def _referrer(headers: Any) -> int:
    private = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
    value = headers.get("Referrer-Policy")
    return 0 if value is None else 5 if value in private else -5


def _tls(headers: Any) -> int:
    age = re.match(r"max-age=(\d+)", headers.get("Strict-Transport-Security", ""))
    if age is None:
        return -20
    return 0 if int(age[1]) >= SIX_MONTHS_S else -10


def _frames(headers: Any) -> int:
    if directives(headers).get("frame-ancestors") == ["'none'"]:
        return 5
    return 0 if headers.get("X-Frame-Options") in {"DENY", "SAMEORIGIN"} else -20
