"""Access tokens (HS256 JWT with `kid`), and a refresh token's sealed successor."""

import hashlib
import json
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from server.errors import Unauthorized
from server.keys import envelope
from server.keys.server_keys import SigningKeys

ISSUER = "catchup"
AUDIENCE = "catchup"
ALGORITHM = "HS256"
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
    header = {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": str(keys.active_id)}
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "sid": str(session_id),
        "iat": int(now.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    return jwt.encode(header, claims, OctKey.import_key(keys.keys[keys.active_id])), expires_at


def read_access_token(keys: SigningKeys, token: str, *, now: datetime) -> Claims:
    """Verify a token: the key that `kid` names fixes the algorithm.

    A header of ours says what it has to and nothing else, so nothing in it has to be understood.
    A token without `aud` is from before there was one.

    Raises:
        Unauthorized: `token_invalid` or `token_expired`.
    """
    if len(token) > LONGEST_TOKEN:
        raise _invalid()
    try:
        jwt.decode(token, lambda unsigned: _key(keys, unsigned), algorithms=[ALGORITHM])
        header, claims = map(_read_part, token.split(".")[:2])
        expires, issued = claims["exp"], claims["iat"]
        begins = claims.get("nbf", issued)
        found = Claims(UUID(claims["sub"]), UUID(claims["sid"]), expires)
    except (JoseError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise _invalid() from None  # RecursionError: brackets by the thousand
    if {**header, "kid": ""} != {"alg": ALGORITHM, "typ": TOKEN_TYPE, "kid": ""}:
        raise _invalid()
    if claims.get("iss") != ISSUER or claims.get("aud", AUDIENCE) != AUDIENCE:
        raise _invalid()
    if any(type(instant) is not int for instant in (expires, issued, begins)):
        raise _invalid()
    if max(issued, begins) > now.timestamp() + SKEW_S:
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


def _read_part(part: str) -> Any:
    """Read a verified part again, more strictly than joserfc: UTF-8, and each name once.

    Of a name that stands there twice, readers do not agree which value counts (RFC 7519, 4).
    """
    text = urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
    return json.loads(text, object_pairs_hook=_each_once)


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands there twice")
    return found


def _invalid() -> Unauthorized:
    return Unauthorized("The access token is not valid: sign in again.", code="token_invalid")
