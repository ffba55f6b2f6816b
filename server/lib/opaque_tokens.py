"""Opaque tokens: their holder keeps 256 random bits, the server the hash by which it finds them."""

import hashlib
import secrets


def new_token(prefix: str) -> tuple[str, bytes]:
    """Return a new token that says by `prefix` what it is for, and its hash."""
    token = prefix + secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> bytes:
    """Return SHA-256: enough for 256 random bits, which nobody can guess."""
    return hashlib.sha256(token.encode()).digest()
