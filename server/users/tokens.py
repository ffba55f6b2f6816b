"""Access tokens (HS256 JWT with `kid`) and opaque refresh tokens."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.errors import Unauthorized
from server.keys.server_keys import SigningKeys

ISSUER = "catchup"
TOKEN_TYPE = "at+jwt"  # noqa: S105  # RFC 9068's type, not a secret
REFRESH_PREFIX = "cur_"
LONGEST_TOKEN = 4096
SKEW_S = 30


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified access token says."""

    user_id: UUID
    session_id: UUID
    expires: int
    """Unix time."""


def make_access_token(
    keys: SigningKeys, *, user_id: UUID, session_id: UUID, now: datetime, life_s: int
) -> tuple[str, datetime]:
    """Return a signed token and when it expires."""
    expires_at = now.replace(microsecond=0) + timedelta(seconds=life_s)
    header = {"alg": "HS256", "typ": TOKEN_TYPE, "kid": str(keys.active_id)}
    claims = {
        "iss": ISSUER,
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(header, claims, OctKey.import_key(keys.keys[keys.active_id])), expires_at


def read_access_token(keys: SigningKeys, token: str, *, now: datetime) -> Claims:
    """Verify a token: the key that `kid` names fixes the algorithm.

    Raises:
        Unauthorized: `token_invalid` or `token_expired`.
    """
    if len(token) > LONGEST_TOKEN:
        raise _invalid()
    try:
        decoded = jwt.decode(token, lambda unsigned: _key(keys, unsigned), algorithms=["HS256"])
        header, claims = decoded.header, decoded.claims
        expires, issued = claims["exp"], claims["iat"]
        found = Claims(UUID(claims["sub"]), UUID(claims["sid"]), expires)
    except (JoseError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise _invalid() from None  # RecursionError: brackets by the thousand
    if header.get("typ") != TOKEN_TYPE or claims.get("iss") != ISSUER or "crit" in header:
        raise _invalid()
    if type(expires) is not int or type(issued) is not int:
        raise _invalid()
    if issued > now.timestamp() + SKEW_S:
        raise _invalid()
    check_expiry(found, now=now)
    return found


def names_unknown_key(keys: SigningKeys, token: str) -> bool:
    """Say whether a token's `kid` is a well-formed id of a key that is not among `keys`.

    Nothing is verified: a head that cannot be read names no key.
    """
    head = token.partition(".")[0]
    if len(token) > LONGEST_TOKEN:
        return False
    try:
        kid = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
        return UUID(kid) not in keys.keys
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def check_expiry(claims: Claims, *, now: datetime) -> None:
    """Refuse a verified token whose time is over.

    Raises:
        Unauthorized: `token_expired`.
    """
    if claims.expires <= now.timestamp():
        raise Unauthorized(
            "The access token has expired: get a new one at /api/auth/refresh.",
            code="token_expired",
        )


def new_refresh_token() -> tuple[str, bytes]:
    """Return a new opaque token and the hash that is stored of it."""
    token = REFRESH_PREFIX + secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> bytes:
    """Return SHA-256: enough for 256 random bits, which nobody can guess."""
    return hashlib.sha256(token.encode()).digest()


def _key(keys: SigningKeys, unsigned: object) -> OctKey:
    kid = unsigned.headers().get("kid")  # type: ignore[attr-defined]  # joserfc's GuestProtocol
    material = keys.keys.get(UUID(kid))
    if material is None:
        raise ValueError("unknown kid")
    return OctKey.import_key(material)


def _invalid() -> Unauthorized:
    return Unauthorized("The access token is not valid: sign in again.", code="token_invalid")
