"""Rotation of the master key, in two phases, by hand: its keys lie outside of the database.

    next     the new key is written down and announced; every process takes it in
    rewrap   once all hold it, it wraps new keys, and then all others anew

Killed at any point, the same command goes on. Whoever starts meanwhile needs both keys, afterwards
only the new one. The former key stays in the ring, wrapped by the new one, for old archives; the
new one is never stored under the former.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.audit import service as audit
from server.audit.service import SERVER_CHAIN
from server.db import Row
from server.errors import Conflict
from server.failpoints import Step, durable, reach
from server.keys import envelope, master, queries
from server.keys import queries_master as rows
from server.keys.envelope import DecryptError
from server.keys.service import ring_row
from server.lib.ids import uuid7

BATCH = 500
SILENT = timedelta(seconds=60)
"""A process that has said nothing for this long is gone (server/keys/holders.py)."""


@dataclass(frozen=True, slots=True)
class MasterStatus:
    """Where a rotation of the master key stands."""

    phase: str
    """`none`, `next` or `rewrap`."""
    version: int
    """Of the key that wraps new keys."""
    waiting_for: int
    """Running processes that do not hold the next key yet."""
    left: int
    """Keys that a former master key still wraps."""


async def status(*, now: datetime) -> MasterStatus:
    """Say where the rotation stands.

    Raises:
        SettingsError: this process does not hold the key that wraps now.
    """
    masters = await queries.list_server_keys("master")
    active = next(row for row in masters if row["state"] == "active")
    coming = next((row for row in masters if row["state"] == "readable"), None)
    left = await count_left()
    behind = await rows.count_holders_behind(coming["key_version"], now - SILENT) if coming else 0
    phase = "next" if coming else "rewrap" if left else "none"
    return MasterStatus(phase, active["key_version"], behind, left)


async def announce(write: Callable[[str], None], *, now: datetime) -> bool:
    """Begin: write the next key down, unless ENCRYPTION_KEY_NEXT is set, and announce its check.

    `write` keeps 64 hex digits where only root reads them. Say whether anything was begun.

    Raises:
        Conflict: `master_key_same`: ENCRYPTION_KEY_NEXT is a key that was used before;
            `master_next_missing`: it was written to a file that this process does not read.
    """
    masters = await queries.list_server_keys("master", with_ended=True)
    if any(row["state"] == "readable" for row in masters):
        return False
    if await count_left():
        return False  # the last one goes on first
    key = master.next_key()
    if key is None:
        reach(Step.MASTER_FILE, "uncommitted")
        write(secrets.token_hex(envelope.KEY_BYTES))
        reach(Step.MASTER_FILE, "committed")
        key = master.next_key()
    if key is None:
        raise Conflict(
            "Set ENCRYPTION_KEY_NEXT to the key that was written, then run this again.",
            code="master_next_missing",
        )
    if key == await _active():
        return False  # killed before the settings were changed: nothing else is left to do
    if key == master.master_key() or any(_holds(row, key) for row in masters):
        raise Conflict(
            "ENCRYPTION_KEY_NEXT was used before: make a new one.", code="master_key_same"
        )
    version = max(row["key_version"] for row in masters) + 1
    row = ring_row(uuid7(), "master", master.CHECK, key_version=version, state="readable", by=key)
    async with durable(Step.MASTER_NEXT):
        await queries.lock_ring("master")
        await queries.insert_keys([row], now=now)
        await _record("key.master_announced", row, now=now)
    return True


async def activate(*, now: datetime) -> bool:
    """Let the next key wrap, once every running process holds it; False when none is announced.

    Raises:
        Conflict: `master_not_everywhere`: some process does not hold it; `master_next_missing`:
            this one does not.
    """
    masters = await queries.list_server_keys("master")
    coming = next((row for row in masters if row["state"] == "readable"), None)
    if coming is None:
        return False
    new = master.opened_by(coming)
    if new is None:
        raise Conflict(
            "ENCRYPTION_KEY_NEXT is not the key that was announced.", code="master_next_missing"
        )
    behind = await rows.count_holders_behind(coming["key_version"], now - SILENT)
    if behind:
        raise Conflict(
            f"{behind} running processes do not hold ENCRYPTION_KEY_NEXT yet: start them again,"
            " or wait a minute after they have stopped.",
            code="master_not_everywhere",
        )
    async with durable(Step.MASTER_ACTIVATE):
        # Whoever wraps a key holds this row until their commit: none is wrapped by the old one
        # after this, and all that were are there to be found.
        former = await rows.hold_active_master()
        old = master.opened_by(former)
        if old is None:
            raise master.wrong()
        kept = master.wrap(former["id"], "master", old, None, by=new)
        await rows.activate_master(former["id"], kept, coming["id"], now=now)
        await _record("key.master_activated", coming, now=now)
    return True


async def rewrap(*, now: datetime) -> int:
    """Wrap every key by the active master key; return how many were not. Safe to repeat.

    Raises:
        Conflict: `keys_unreadable`: some open with no master key of this process.
    """
    active, done, after = await _active(), 0, None
    while batch := await rows.list_wrapped(after=after, limit=BATCH):
        stale = [row for row in batch if not _opens(row, active)]
        try:
            fresh = [_rewrapped(row, active) for row in stale]
        except DecryptError:
            raise Conflict(
                "Some keys open with no master key of this process.", code="keys_unreadable"
            ) from None
        after = batch[-1]["id"]
        if stale:
            async with durable(Step.MASTER_BATCH):
                done += await rows.swap_wrapped(
                    [row["id"] for row in stale], [row["wrapped"] for row in stale], fresh
                )
    if done:
        async with durable(Step.MASTER_DONE):
            await audit.record(
                SERVER_CHAIN, "key.master_rotated", actor_id=None, details={"keys": done}, now=now
            )
    return done


async def count_left() -> int:
    """Count the keys that another master key than the active one wraps: all are tried."""
    active, left, after = await _active(), 0, None
    while batch := await rows.list_wrapped(after=after, limit=BATCH):
        left += sum(not _opens(row, active) for row in batch)
        after = batch[-1]["id"]
    return left


async def is_active(text: str | None) -> bool:
    """Say whether these hex digits are the master key that wraps now."""
    return text is not None and text.lower() == (await _active()).hex()


async def forget_former(key_id: UUID) -> None:
    """Overwrite a former master key: nothing opens with it any more, no old archive either."""
    active = await _active()
    await rows.set_wrapped(key_id, master.wrap(key_id, "master", master.CHECK, None, by=active))


async def _active() -> bytes:
    masters = await queries.list_server_keys("master")
    found = [master.opened_by(row) for row in masters if row["state"] == "active"]
    if not found or found[0] is None:
        raise master.wrong()
    return found[0]


def _rewrapped(row: Row, active: bytes) -> bytes:
    place = row["id"], row["purpose"]
    key = master.unwrap(*place, row["wrapped"], row["household_id"])
    return master.wrap(*place, key, row["household_id"], by=active)


def _opens(row: Row, key: bytes) -> bool:
    bound_to = envelope.place(row["household_id"], "key_ring", row["purpose"], row["id"])
    return master.try_open(key, row["wrapped"], bound_to) is not None


def _holds(row: Row, key: bytes) -> bool:
    try:
        return master.unwrap(row["id"], "master", row["wrapped"], None) == key
    except DecryptError:
        return False


async def _record(action: str, row: Row, *, now: datetime) -> None:
    await audit.record(
        SERVER_CHAIN,
        action,
        actor_id=None,
        subject_kind="key",
        subject_id=row["id"],
        details={"version": row["key_version"]},
        now=now,
    )
