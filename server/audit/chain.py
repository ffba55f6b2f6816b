"""The hash chain: each entry's HMAC covers the one before it (pure but for the key in use)."""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

GENESIS = bytes(32)
SALT_BYTES = 32
_ID_BYTES = 16
# No entry's HMAC begins like this: there stands a hash, or zeros.
_LABEL = b"CatchUp audit anchor\n"

Sign = Literal["head", "pruned"]
"""What a signature says of a place: it was the newest entry, or what came before it may go."""

_keys: dict[UUID, bytes] = {}
_active: list[UUID] = []


def use_keys(keys: dict[UUID, bytes], active_id: UUID) -> None:
    """Take the chain's keys; server.keys calls this at start, before the first entry."""
    _keys.clear()
    _keys.update(keys)
    _active[:] = [active_id]


def entry_hash(previous: bytes, fields: Mapping[str, object]) -> bytes:
    """Return key id (16 bytes) + HMAC-SHA256 over the previous hash and the canonical entry."""
    key_id = _active[0]
    return key_id.bytes + _mac(_keys[key_id], previous, fields)


def is_entry_hash(found: bytes, previous: bytes, fields: Mapping[str, object]) -> bool:
    """Say whether `found` is the hash of this entry after `previous`."""
    key = _keys.get(UUID(bytes=found[:_ID_BYTES])) if len(found) > _ID_BYTES else None
    return key is not None and hmac.compare_digest(found[_ID_BYTES:], _mac(key, previous, fields))


def sign_place(what: Sign, chain_id: UUID, sequence: int, head: bytes) -> bytes:
    """Return our signature of a place in a chain: nobody without the key can invent one."""
    return entry_hash(_LABEL, _place(what, chain_id, sequence, head))


def is_signed_place(
    signature: bytes, what: Sign, chain_id: UUID, sequence: int, head: bytes
) -> bool:
    """Say whether we signed this very place, and as this."""
    return is_entry_hash(signature, _LABEL, _place(what, chain_id, sequence, head))


def names_of(*parts: object) -> list[bytes]:
    """Return a name for `parts` by each key, that of now first; it tells nobody what they are."""
    ids = [_active[0], *(one for one in _keys if one != _active[0])]
    return [hmac.digest(_keys[one], _canonical(parts), "sha256") for one in ids]


def commitment(salt: bytes, address: str) -> bytes:
    """Return what an entry's hash covers in place of an address.

    Without the salt of 32 random bytes nobody can try out which address it was.
    """
    return hmac.digest(salt, address.encode(), "sha256")


def _place(what: Sign, chain_id: UUID, sequence: int, head: bytes) -> dict[str, object]:
    return {"what": what, "chain_id": chain_id, "sequence": sequence, "hash": head}


def _mac(key: bytes, previous: bytes, fields: Mapping[str, object]) -> bytes:
    return hmac.digest(key, previous + _canonical(fields), "sha256")


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"no canonical form for {type(value).__name__}")
