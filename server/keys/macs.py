"""Short proofs that we wrote something ourselves, by a key of their own and versioned.

An address that we gave to a provider, or to the reader of a mail, comes back with its mac. A key
that was replaced still proves what it made until `LIFE` after that (docs/adr/0028).
"""

import hmac
import time
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from server.keys import master, queries

RING_LIFE_S = 30.0
"""As a box's: a key made elsewhere is known here after this long at the latest, or sooner."""
REREAD_S = 1.0
"""How often a mac that fits no key may make this process look for a new one."""
LIFE = timedelta(days=30)
"""How long after it was made anybody may come back with a mac; people answer old mails."""
SHORTEST = 10
"""Bytes of a mac that are enough: 80 bits cannot be guessed over a network."""


class Use(StrEnum):
    """What a mac is for; one of another use never fits."""

    STATUS = "status"
    REPLY = "reply"
    PHONE_CODE = "phone_code"
    PHONE = "phone"
    UNSUBSCRIBE = "unsubscribe"


_ring: list[tuple[float, list[bytes]]] = []


async def mac_of(message_id: UUID) -> str:
    """Return what proves, in a status callback's address, that we gave it out: 32 hex digits."""
    return (await mac(Use.STATUS, str(message_id)))[:16].hex()


async def is_mac_of(message_id: UUID, given: str) -> bool:
    """Say whether `given` is the mac of this message, by any key that counts."""
    try:
        return await fits(Use.STATUS, str(message_id), bytes.fromhex(given))
    except ValueError:
        return False


async def mac(use: Use, text: str) -> bytes:
    """Return HMAC-SHA256 of a text by the key that writes now."""
    return _digest((await _keys())[0], use, text)


async def fits(use: Use, text: str, given: bytes) -> bool:
    """Say whether `given`, whole or cut to at least ten bytes, was made here; in constant time."""
    if len(given) < SHORTEST:
        return False
    if _is_one_of(await _keys(), use, text, given):
        return True
    if _ring[0][0] > time.monotonic() - REREAD_S:
        return False
    forget()  # another process may have begun to use a new key
    return _is_one_of(await _keys(), use, text, given)


def forget() -> None:
    """Read the ring anew next time."""
    _ring.clear()


async def _keys() -> list[bytes]:
    """Return the keys that count, the one that writes first."""
    if not _ring or _ring[0][0] < time.monotonic() - RING_LIFE_S:
        rows = await queries.list_server_keys("mac")
        rows.sort(key=lambda row: bool(row["state"] != "active"))
        keys = [master.unwrap(row["id"], "mac", row["wrapped"], None) for row in rows]
        _ring[:] = [(time.monotonic(), keys)]
    return _ring[0][1]


def _is_one_of(keys: list[bytes], use: Use, text: str, given: bytes) -> bool:
    fitting = [hmac.compare_digest(_digest(key, use, text)[: len(given)], given) for key in keys]
    return any(fitting)


def _digest(key: bytes, use: Use, text: str) -> bytes:
    return hmac.digest(key, f"{use}|{text}".encode(), "sha256")
