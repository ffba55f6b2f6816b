"""Access tokens (HS256 JWT with `kid`) and opaque refresh tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.errors import Unauthorized
from server.keys import envelope
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


def seal_successor(token: str, successor: str, household_id: UUID, token_id: UUID) -> bytes:
    """Encrypt the next refresh token under the one that it replaces, whose row keeps it.

    Only the hash of `token` is stored, so nobody but who holds it can read its successor.
    """
    return envelope.seal(
        _successor_key(token),
        token_id,
        successor.encode(),
        _successor_place(household_id, token_id),
    )


def open_successor(token: str, sealed: bytes, household_id: UUID, token_id: UUID) -> str:
    """Return the refresh token that `seal_successor` encrypted."""
    place = _successor_place(household_id, token_id)
    return envelope.unseal(_successor_key(token), sealed, place).decode()


def _successor_key(token: str) -> bytes:
    return hashlib.sha256(b"successor|" + token.encode()).digest()


def _successor_place(household_id: UUID, token_id: UUID) -> bytes:
    return envelope.place(household_id, "refresh_tokens", "successor", token_id)


def _key(keys: SigningKeys, unsigned: object) -> OctKey:
    kid = unsigned.headers().get("kid")  # type: ignore[attr-defined]  # joserfc's GuestProtocol
    material = keys.keys.get(UUID(kid))
    if material is None:
        raise ValueError("unknown kid")
    return OctKey.import_key(material)


def _invalid() -> Unauthorized:
    return Unauthorized("The access token is not valid: sign in again.", code="token_invalid")
