"""The master key, which wraps all others: which ones this process holds, and which one wraps now.

While it is rotated (docs/adr/0020) there are two. Former ones lie in the key ring, wrapped by the
present one: old archives are opened with them.
"""

import re
import time
from collections.abc import Sequence
from uuid import UUID

from server import config
from server.config import SettingsError, settings
from server.db import Row
from server.keys import envelope, queries
from server.keys.envelope import DecryptError

_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
CHECK = b"CatchUp master key check"
REREAD_S = 5.0
"""How often the files are looked at for a key that came after this process started."""
_NO_MASTER_KEY = "ENCRYPTION_KEY: not set, expected 64 hex digits; without it nothing can be stored"
_WRONG_MASTER_KEY = (
    "ENCRYPTION_KEY: found a key that does not open this database, expected the one it was made"
    " with, or since a rotation the newer one; look for it in the env file or credential of the"
    " old installation, or in a backup"
)

# Beside those of the settings: from the files, since the start; former ones, from the ring.
_more: list[bytes] = []
_reread_at: list[float] = []


def master_key() -> bytes:
    """Return ENCRYPTION_KEY's 32 bytes.

    Raises:
        SettingsError: it is not set.
    """
    secret = settings().encryption_key
    if secret is None:
        raise SettingsError([_NO_MASTER_KEY])
    return bytes.fromhex(secret.get_secret_value())


def next_key() -> bytes | None:
    """Return ENCRYPTION_KEY_NEXT's 32 bytes, as the files have them now, and hold them."""
    found = _read("encryption_key_next")
    if not found:
        return None
    if found[0] not in held():
        _more.append(found[0])
    return found[0]


def wrap(
    key_id: UUID,
    purpose: str,
    key: bytes,
    household_id: UUID | None,
    *,
    by: bytes | None = None,
) -> bytes:
    """Encrypt a key under the master key, bound to its row and purpose."""
    bound_to = envelope.place(household_id, "key_ring", purpose, key_id)
    return envelope.seal(by or master_key(), key_id, key, bound_to)


def unwrap(key_id: UUID, purpose: str, wrapped: bytes, household_id: UUID | None) -> bytes:
    """Decrypt a key with whichever master key this process holds that fits.

    Raises:
        DecryptError: none of them does.
        SettingsError: ENCRYPTION_KEY is not set.
    """
    bound_to = envelope.place(household_id, "key_ring", purpose, key_id)
    for master in held():
        key = try_open(master, wrapped, bound_to)
        if key is not None:
            return key
    for master in _reread():
        key = try_open(master, wrapped, bound_to)
        if key is not None:
            return key
    raise DecryptError("no master key of this process opens it")


def held() -> list[bytes]:
    """Return every master key of this process, ENCRYPTION_KEY first."""
    after = settings().encryption_key_next
    coming = [bytes.fromhex(after.get_secret_value())] if after else []
    return list(dict.fromkeys([master_key(), *coming, *_more]))


def opened_by(row: Row) -> bytes | None:
    """Return the master key of this process whose check value `row` holds, or None.

    Raises:
        SettingsError: ENCRYPTION_KEY is not set.
    """
    bound_to = envelope.place(None, "key_ring", "master", row["id"])
    for master in (*held(), *_reread()):
        if try_open(master, row["wrapped"], bound_to) == CHECK:
            return master
    return None


def is_former(row: Row) -> bool:
    """Say whether ENCRYPTION_KEY, where it is read first, is another key than `row`'s.

    `row` is the active one. An environment wins over the env file, in which a rotation changes it.
    """
    bound_to = envelope.place(None, "key_ring", "master", row["id"])
    given = _read("encryption_key")
    return bool(given) and try_open(given[0], row["wrapped"], bound_to) != CHECK


def learn(rows: Sequence[Row]) -> None:
    """Take in the former master keys among the ring's rows of purpose `master`."""
    for row in rows:
        bound_to = envelope.place(None, "key_ring", "master", row["id"])
        for master in held():
            found = try_open(master, row["wrapped"], bound_to)
            if found is not None and found != CHECK and found not in _more:
                _more.append(found)


async def writing() -> bytes:
    """Return the master key that wraps new keys; call in the transaction that stores them.

    Its row is held until the commit, so that a rotation can be sure of having seen every key.

    Raises:
        SettingsError: this process does not hold it.
    """
    row = await queries.hold_master()
    if row is None:
        return master_key()
    found = opened_by(row)
    if found is None:
        raise SettingsError([_WRONG_MASTER_KEY])
    return found


def wrong() -> SettingsError:
    """Return the error of a process that does not hold the master key."""
    return SettingsError([_WRONG_MASTER_KEY])


def forget() -> None:
    """Drop what was learned beside the settings (tests)."""
    _more.clear()
    _reread_at.clear()


def try_open(key: bytes, wrapped: bytes, bound_to: bytes) -> bytes | None:
    """Return what `key` opens, or None: it is another one's."""
    try:
        return envelope.unseal(key, wrapped, bound_to)
    except DecryptError:
        return None


def _reread() -> list[bytes]:
    """Look at the files again, at most every few seconds; return the keys that are new."""
    now = time.monotonic()
    if _reread_at and _reread_at[0] > now - REREAD_S:
        return []
    _reread_at[:] = [now]
    fresh = dict.fromkeys(_read("encryption_key") + _read("encryption_key_next"))
    new = [key for key in fresh if key not in held()]
    _more.extend(new)
    return new


def _read(name: str) -> list[bytes]:
    return [bytes.fromhex(text) for text in config.values_now(name) if _HEX_KEY.fullmatch(text)]
