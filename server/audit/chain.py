"""The hash chain: each entry's HMAC covers the one before it (pure but for the key in use)."""

import hmac
import json
from datetime import datetime
from uuid import UUID

GENESIS = bytes(32)
_ID_BYTES = 16

_keys: dict[UUID, bytes] = {}
_active: list[UUID] = []


def use_keys(keys: dict[UUID, bytes], active_id: UUID) -> None:
    """Take the chain's keys; server.keys calls this at start, before the first entry."""
    _keys.clear()
    _keys.update(keys)
    _active[:] = [active_id]


def entry_hash(previous: bytes, fields: dict[str, object]) -> bytes:
    """Return key id (16 bytes) + HMAC-SHA256 over the previous hash and the canonical entry."""
    key_id = _active[0]
    return key_id.bytes + _mac(_keys[key_id], previous, fields)


def is_entry_hash(found: bytes, previous: bytes, fields: dict[str, object]) -> bool:
    """Say whether `found` is the hash of this entry after `previous`."""
    key = _keys.get(UUID(bytes=found[:_ID_BYTES])) if len(found) > _ID_BYTES else None
    return key is not None and hmac.compare_digest(found[_ID_BYTES:], _mac(key, previous, fields))


def _mac(key: bytes, previous: bytes, fields: dict[str, object]) -> bytes:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), default=_plain)
    return hmac.digest(key, previous + text.encode(), "sha256")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"no canonical form for {type(value).__name__}")
