"""Password hashes: argon2id off the event loop; bcrypt of the Node.js original is upgraded.

19 MiB, 2 passes, 1 lane: OWASP's argon2id minimum; a second core stays free (ADR 0004).
"""

import asyncio

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.lib.per_loop import PerLoop

AT_ONCE = 2
SHORTEST = 8
LONGEST = 1024
LEAST_BCRYPT_COST = 10

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Each hash holds 19 MiB: a burst of sign-ins queues here instead of filling the memory.
_slots = PerLoop(lambda: asyncio.Semaphore(AT_ONCE))
# A hash of nothing anyone knows: an unknown e-mail costs as much time as a wrong password.
_NOBODY = _hasher.hash("nobody signs in with this one")


async def hash_password(password: str) -> str:
    """Return an argon2id hash in PHC form."""
    async with _slots.get():
        return await asyncio.to_thread(_hasher.hash, password)


async def check_password(password_hash: str | None, password: str) -> bool:
    """Say whether the password fits; takes as long for an unknown user (None)."""
    async with _slots.get():
        return await asyncio.to_thread(_check, password_hash or _NOBODY, password) and bool(
            password_hash
        )


def needs_upgrade(password_hash: str) -> bool:
    """Say whether a hash that just fitted should be replaced by one of today's."""
    return not password_hash.startswith("$argon2") or _hasher.check_needs_rehash(password_hash)


def _check(password_hash: str, password: str) -> bool:
    if password_hash.startswith(("$2a$", "$2b$", "$2y$")):
        cost = int(password_hash[4:6]) if password_hash[4:6].isdigit() else 0
        return cost >= LEAST_BCRYPT_COST and _check_bcrypt(password_hash, password)
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _check_bcrypt(password_hash: str, password: str) -> bool:
    try:
        # bcrypt reads 72 bytes at most; version 5 of the library refuses more.
        return bcrypt.checkpw(password.encode()[:72], password_hash.encode())
    except ValueError:  # a damaged hash
        return False
