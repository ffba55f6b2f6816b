"""Access tokens by the keys in force, which each process reads anew every few seconds."""

import hashlib
import time
from datetime import datetime
from uuid import UUID

from server.keys import server_keys
from server.keys.server_keys import SigningKeys
from server.lib.scope import Scope
from server.users import tokens

# A revoked signing key is seen here after this long at the latest.
CACHE_S = 5.0
CACHE_SIZE = 10_000
# A token of a key that is not known here may be of one that is a moment old: look again, but not
# for each token that somebody makes up.
LOOK_AGAIN_S = 1.0

_keys: list[tuple[float, SigningKeys]] = []
# Tokens that the keys of now have verified, by SHA-256: a client sends one for minutes.
_verified: dict[bytes, tokens.Claims] = {}


async def make(
    scope: Scope, session_id: UUID, *, life_s: int, now: datetime
) -> tuple[str, datetime]:
    """Return a token of a session and when it expires."""
    return tokens.make_access_token(
        await _signing_keys(now=now),
        user_id=scope.user_id,
        session_id=session_id,
        now=now,
        life_s=life_s,
    )


async def verify(token: str, *, now: datetime) -> tokens.Claims:
    """Read a token; one that the keys of now have verified already only for its time.

    What was verified goes when the keys are read again: a revoked key opens nothing longer.

    Raises:
        Unauthorized: `token_invalid` or `token_expired`.
    """
    keys = await _signing_keys(now=now)
    name = hashlib.sha256(token.encode(errors="surrogatepass")).digest()
    claims = _verified.get(name)
    if claims is not None:
        tokens.check_expiry(claims, now=now)
        return claims
    if tokens.names_unknown_key(keys, token):
        keys = await _signing_keys(now=now, again=True)
    claims = tokens.read_access_token(keys, token, now=now)
    if len(_verified) >= CACHE_SIZE:
        _verified.clear()
    _verified[name] = claims
    return claims


def forget_cached() -> None:
    """Drop what is cached (tests that change the database under us)."""
    _keys.clear()
    _verified.clear()


async def _signing_keys(*, now: datetime, again: bool = False) -> SigningKeys:
    life_s = LOOK_AGAIN_S if again else CACHE_S
    if not _keys or _keys[0][0] < time.monotonic() - life_s:
        _keys[:] = [(time.monotonic(), await server_keys.signing_keys(now=now))]
        _verified.clear()
    return _keys[0][1]
