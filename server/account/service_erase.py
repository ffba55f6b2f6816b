"""Erase people whose time of grace is over: rows, objects, Redis; and keep the proof (ADR 0024).

In steps that each can be repeated: note that it begins, delete the objects, hand over what the
household sees, delete contacts batch by batch, then the person, with the proof in the same
transaction. A run that was killed goes on where it was.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from server import redis_client, versions
from server.account import queries_erasure as queries
from server.audit import service as audit
from server.config import settings
from server.contacts import service_photos
from server.db import Row, transaction
from server.keys import service as keys
from server.lib.scope import Scope
from server.redis_client import REDIS_AWAY

BATCH = 1000
LONGEST_IN_REDIS_S = 3600
"""No key that names a person lives longer by itself: budgets an hour, versions as long."""

log = structlog.get_logger()


async def erase_due(*, now: datetime) -> int:
    """Erase everybody whose grace is over; return their number.

    Raises:
        ProviderError: the store of objects cannot be used; the next run goes on.
    """
    erased = 0
    for erasure_id in await queries.find_due(now):
        erased += await erase(erasure_id, now=now)
    return erased


async def erase(erasure_id: UUID, *, now: datetime) -> bool:
    """Erase one person; False when the wish was taken back or is done. Safe to run twice.

    Raises:
        ProviderError: the store of objects cannot be used.
    """
    row = await _start(erasure_id, now=now)
    if row is None:
        return False
    scope = Scope(row["home_id"], row["person_id"])
    standing = await queries.get_standing(scope)
    heir = standing["successor_id"] if standing and row["shared"] == "hand_over" else None
    counts = dict(row["certificate"])
    counts["objects"] += await _delete_objects(scope, keep_shared=heir is not None)
    async with transaction():
        if heir is not None:
            handed = await queries.hand_over(scope, heir)
            counts["handed_over"] = {
                name: counts["handed_over"].get(name, 0) + number for name, number in handed.items()
            }
        await queries.note(scope, erasure_id, "started", counts, now=row["started_at"])
        await _tell_housemates(scope)
    while await queries.delete_contacts(scope, limit=BATCH):
        pass
    session_ids = await queries.list_session_ids(scope)
    async with transaction():
        if await queries.lock_erasure(erasure_id) is None:
            return False
        await _delete_person(scope, row, counts, now=now)
    await _forget(scope, session_ids)
    log.info("account.erased", erasure_id=str(erasure_id))
    return True


async def _start(erasure_id: UUID, *, now: datetime) -> Row | None:
    """Note that it begins, with what there is; from now on it cannot be taken back."""
    async with transaction():
        row = await queries.lock_erasure(erasure_id)
        if row is None or row["started_at"] is not None:
            return row
        scope = Scope(row["home_id"], row["person_id"])
        counts = {"rows": await queries.count_rows(scope), "objects": 0, "handed_over": {}}
        await queries.note(scope, erasure_id, "started", counts, now=now)
        return {**row, "started_at": now, "certificate": counts}


async def _delete_objects(scope: Scope, *, keep_shared: bool) -> int:
    deleted, after = 0, None
    while rows := await queries.list_doomed_photos(
        scope, keep_shared=keep_shared, after=after, limit=BATCH
    ):
        await service_photos.delete_objects(scope, [row["photo_id"] for row in rows])
        deleted += len(rows)
        after = rows[-1]["id"]
    return deleted


async def _delete_person(scope: Scope, row: Row, counts: dict[str, Any], *, now: datetime) -> None:
    is_household = await queries.delete_person(scope)
    stripped = await audit.erase_person(scope.user_id)
    certificate = {
        **counts,
        "erasure_id": str(row["id"]),
        "requested_at": row["requested_at"].isoformat(),
        "erased_at": now.isoformat(),
        "household_erased": is_household,
        "audit_entries_stripped": stripped,
        "redis_until": (now + timedelta(seconds=LONGEST_IN_REDIS_S)).isoformat(),
        "backups_until": (now + timedelta(days=settings().retention_backups_days)).isoformat(),
        "logs": "hold no names, addresses of people or texts: ids, routes and codes only",
    }
    await queries.note(scope, row["id"], "erased", certificate, now=now)
    # A household that is gone has nobody who could read its chain: the server's tells of it.
    await audit.record(
        audit.SERVER_CHAIN if is_household else scope.household_id,
        "account.erased",
        actor_id=None,
        subject_kind="user",
        subject_id=scope.user_id,
        details={"erasure_id": str(row["id"])},
        now=now,
    )
    await _tell_housemates(scope)


async def _tell_housemates(scope: Scope) -> None:
    left = await queries.list_housemates([scope])
    await versions.changed(left, "household_contacts", "contacts", "suggestions")


async def _forget(scope: Scope, session_ids: Iterable[UUID]) -> None:
    """Delete what Redis holds by the person's ids; while it is away the keys run out alone."""
    keys.forget_boxes()
    redis = redis_client.shared()
    try:
        for name in (scope.user_id, *session_ids):
            async for key in redis.scan_iter(match=f"*{name}*", count=1000):
                # Jobs hold ids only; one that waits finds nobody, and goes by itself.
                if not key.startswith(b"saq:"):
                    await redis.delete(key)
    except (RedisError, *REDIS_AWAY) as error:
        log.warning("account.redis_not_cleaned", error=type(error).__name__)
