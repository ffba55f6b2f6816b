"""The server's own keys: the master key's check, the signing keys, the audit chain's key."""

from datetime import datetime
from uuid import UUID

from server.audit import chain
from server.config import SettingsError, settings
from server.keys import envelope, queries
from server.keys.envelope import DecryptError
from server.keys.service import ring_row, unwrap
from server.lib.ids import uuid7

_CHECK = b"CatchUp master key check"
_WRONG_MASTER_KEY = (
    "ENCRYPTION_KEY: found a key that does not open this database, expected the one it was made"
    " with; look for it in the env file or credential of the old installation, or in a backup"
)
_LOST_MASTER_CHECK = (
    "ENCRYPTION_KEY: this database has users but no key check; it was restored in part."
    " Restore it whole instead of starting on it"
)


class SigningKeys:
    """HS256 keys by id: the active one signs, all verify."""

    def __init__(self, keys: dict[UUID, bytes], active_id: UUID) -> None:
        self.keys = keys
        self.active_id = active_id


async def start(*, now: datetime) -> None:
    """Check the master key and load the server's keys; make them on an empty database.

    Raises:
        SettingsError: the master key is missing or another one than the database's.
    """
    await _check_master_key(now=now)
    await signing_keys(now=now)
    audit_keys = await _ring("audit") or await _make("audit", envelope.new_key(), now=now)
    chain.use_keys(audit_keys.keys, audit_keys.active_id)


async def signing_keys(*, now: datetime) -> SigningKeys:
    """Read the signing keys; make one, or import JWT_SECRET, where there is none."""
    secret = settings().jwt_secret
    imported = secret.get_secret_value().encode() if secret else None
    ring = await _ring("jwt")
    if ring is None:
        return await _make("jwt", imported or envelope.new_key(), now=now)
    if imported and imported not in ring.keys.values():
        # One of the keys that verify; new tokens are signed with our own.
        versions = [row["key_version"] for row in await queries.list_server_keys("jwt")]
        row = ring_row(uuid7(), "jwt", imported, key_version=max(versions) + 1, state="verify_only")
        await queries.insert_keys([row], now=now)
        return await _ring("jwt") or ring
    return ring


async def master_key_fits() -> bool | None:
    """Say whether the master key opens this database; None when it has no key check yet.

    Raises:
        SettingsError: ENCRYPTION_KEY is not set.
    """
    rows = await queries.list_server_keys("master")
    if not rows:
        return None
    try:
        unwrap(rows[0]["id"], "master", rows[0]["wrapped"], None)
    except DecryptError:
        return False
    return True


async def _check_master_key(*, now: datetime) -> None:
    fits = await master_key_fits()
    if fits is None:
        if await queries.any_user_exists():
            raise SettingsError([_LOST_MASTER_CHECK])
        await queries.insert_keys([ring_row(uuid7(), "master", _CHECK)], now=now)
        fits = await master_key_fits()  # another process may have been first
    if not fits:
        raise SettingsError([_WRONG_MASTER_KEY])


async def _make(purpose: str, key: bytes, *, now: datetime) -> SigningKeys:
    await queries.insert_keys([ring_row(uuid7(), purpose, key)], now=now)
    ring = await _ring(purpose)  # another process may have been first
    if ring is None:
        raise RuntimeError(f"the {purpose} key was not stored")
    return ring


async def _ring(purpose: str) -> SigningKeys | None:
    rows = await queries.list_server_keys(purpose)
    active = next((row["id"] for row in rows if row["state"] == "active"), None)
    if active is None:
        return None
    return SigningKeys(
        {row["id"]: unwrap(row["id"], purpose, row["wrapped"], None) for row in rows}, active
    )
