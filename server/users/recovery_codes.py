"""Recovery codes: each stands in for the authenticator app once; pure."""

import base64
import hashlib
import secrets
from uuid import UUID

COUNT = 10
# 80 bits: nobody can guess one, so that a plain SHA-256 of it may be stored.
CODE_BYTES = 10
GROUP = 4


def new_codes() -> list[str]:
    """Return ten new codes such as `k3fq-7z2a-mxue-5wth`."""
    return [_grouped(secrets.token_bytes(CODE_BYTES)) for _ in range(COUNT)]


def hash_code(user_id: UUID, code: str) -> bytes:
    """Return what is stored of a user's code, however it was typed."""
    return hashlib.sha256(user_id.bytes + plain(code).encode()).digest()


def plain(code: str) -> str:
    """Return a code without what people add to read it: blanks, hyphens, capitals."""
    return code.replace(" ", "").replace("-", "").lower()


def _grouped(random: bytes) -> str:
    text = base64.b32encode(random).decode().lower()
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))
