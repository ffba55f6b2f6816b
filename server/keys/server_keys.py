"""The server's own keys: the master key's check, signing, audit, blind-index and mac keys."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from server.audit import chain
from server.config import SettingsError, settings
from server.db import Row, transaction
from server.keys import envelope, master, queries, service
from server.keys.service import ring_row
from server.lib.ids import uuid7

_LOST_MASTER_CHECK = (
    "ENCRYPTION_KEY: this database has users but no key check; it was restored in part."
    " Restore it whole instead of starting on it"
)
OWN = ("jwt", "audit", "index", "mac")

log = structlog.get_logger()


class SigningKeys:
    """HS256 keys by id: the active one signs, all verify."""

    def __init__(self, keys: dict[UUID, bytes], active_id: UUID) -> None:
        self.keys = keys
        self.active_id = active_id


async def start(*, now: datetime) -> None:
    """Check the master key and load the server's keys; make those that are missing.

    Raises:
        SettingsError: the master key is missing or another one than the database's.
    """
    await _check_master_key(now=now)
    await _import_jwt_secret(now=now)
    for purpose in OWN:
        await _own(purpose, now=now)
    await service.create_missing_keys(now=now)
    await signing_keys(now=now)


async def signing_keys(*, now: datetime) -> SigningKeys:
    """Read the signing keys, and with them the audit chain's; make those that are missing."""
    rows = await queries.list_server_keys("jwt", "audit")
    audit = _ring(rows, "audit")
    if audit is not None:
        chain.use_keys(audit.keys, audit.active_id)
    return _ring(rows, "jwt") or await _own("jwt", now=now)


async def master_key_fits() -> bool | None:
    """Say whether this process opens the database; None when it has no key check yet.

    Raises:
        SettingsError: ENCRYPTION_KEY is not set.
    """
    rows = await queries.list_server_keys("master")
    if not rows:
        return None
    fits = any(row["state"] == "active" and master.opened_by(row) for row in rows)
    master.learn(rows)
    if any(row["state"] == "readable" and master.opened_by(row) is None for row in rows):
        log.warning("keys.next_master_missing", fix="set ENCRYPTION_KEY_NEXT, start again")
    return fits


async def master_key_is_former() -> bool:
    """Say whether ENCRYPTION_KEY is a master key of before, though the present one is at hand."""
    rows = await queries.list_server_keys("master")
    return any(row["state"] == "active" and master.is_former(row) for row in rows)


async def _check_master_key(*, now: datetime) -> None:
    fits = await master_key_fits()
    if fits is None:
        if await queries.any_user_exists():
            raise SettingsError([_LOST_MASTER_CHECK])
        await queries.insert_keys([ring_row(uuid7(), "master", master.CHECK)], now=now)
        fits = await master_key_fits()  # another process may have been first
    if not fits:
        raise master.wrong()


async def _import_jwt_secret(*, now: datetime) -> None:
    """Take JWT_SECRET into the ring once: one that was retired or revoked stays so."""
    secret = settings().jwt_secret
    if secret is None:
        return
    imported = secret.get_secret_value().encode()
    async with transaction():
        await queries.lock_ring("jwt")
        rows = await queries.list_server_keys("jwt", with_ended=True)
        if imported in [master.unwrap(row["id"], "jwt", row["wrapped"], None) for row in rows]:
            return
        key_id = uuid7()
        row = ring_row(
            key_id,
            "jwt",
            imported,
            key_version=max((row["key_version"] for row in rows), default=0) + 1,
            # Beside keys of ours it only verifies, until a token signed now would expire.
            state="retiring" if rows else "active",
            by=await master.writing(),
        )
        await queries.insert_keys([row], now=now)
        if rows:
            life = timedelta(seconds=settings().access_token_s)
            await queries.set_needed_until(key_id, now + life, now=now)


async def _own(purpose: str, *, now: datetime) -> SigningKeys:
    """Return the keys of `purpose`, after making the first one where there is none."""
    ring = _ring(await queries.list_server_keys(purpose), purpose)
    if ring is None:
        async with transaction():
            await queries.lock_ring(purpose)
            rows = await queries.list_server_keys(purpose, with_ended=True)
            if _ring(rows, purpose) is None:
                version = max((row["key_version"] for row in rows), default=0) + 1
                by = await master.writing()
                row = ring_row(uuid7(), purpose, envelope.new_key(), key_version=version, by=by)
                await queries.insert_keys([row], now=now)
        ring = _ring(await queries.list_server_keys(purpose), purpose)
    if ring is None:
        raise RuntimeError(f"the {purpose} key was not stored")
    return ring


def _ring(rows: list[Row], purpose: str) -> SigningKeys | None:
    found = [row for row in rows if row["purpose"] == purpose]
    active = next((row["id"] for row in found if row["state"] == "active"), None)
    if active is None:
        return None
    return SigningKeys(
        {row["id"]: master.unwrap(row["id"], purpose, row["wrapped"], None) for row in found},
        active,
    )
