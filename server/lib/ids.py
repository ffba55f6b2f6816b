"""UUIDv7 made by the application: encryption binds to a row's id before the insert."""

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a new UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits."""
    return uuid7_at(time.time_ns() // 1_000_000, secrets.token_bytes(10))


def uuid7_at(unix_ms: int, random: bytes) -> UUID:
    """Build a UUIDv7 from `unix_ms` and 10 random bytes; for tests and seeded data."""
    value = (unix_ms & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(random[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
