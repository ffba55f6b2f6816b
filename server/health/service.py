"""The health of the running server, and the doctor's visit to a whole installation."""

import asyncio
import os
import time
from datetime import datetime

from server import config, db, db_reading, queue, storage
from server.alerts import service_late
from server.config import Settings, SettingsError
from server.errors import ProviderError
from server.health import checks, provider_checks, queries, settings_checks
from server.health.checks import DATABASE_ERRORS, Check
from server.health.schemas import CheckOut, HealthOut, ReplicaOut
from server.keys import server_keys

DOCTOR_LIMIT_S = 10.0
PROVIDER_LIMIT_S = 30.0
HEALTH_LIFE_S = 1.0
REPLICA_LOOKS, REPLICA_PAUSE_S = 6, 0.5

_STARTED = time.monotonic()


async def health(*, now: datetime) -> HealthOut:
    """Check what the server needs to serve, with three statements and within about 2 s."""
    found = await look(now=now)
    replicas = checks.replicas()
    return HealthOut(
        status=checks.worst([*found, *replicas]),
        timestamp=now,
        uptime=int(time.monotonic() - _STARTED),
        checks={check.name: _shown(check) for check in found}
        | {check.name: _shown_replica(check) for check in replicas},
    )


async def look(*, now: datetime) -> list[Check]:
    """Return those checks with what is for the admin alone; of replicas, see `checks.replicas`."""
    return [
        check
        for part in await asyncio.gather(
            checks.in_time("database", _state(now=now)),
            checks.in_time("redis", checks.redis()),
            checks.in_time("memory", checks.memory()),
        )
        for check in part
    ]


class LatestHealth:
    """The health of the last second: many who ask at once cost one look."""

    def __init__(self) -> None:
        self._looked_at = 0.0
        self._look: asyncio.Task[HealthOut] | None = None

    async def get(self, *, now: datetime) -> HealthOut:
        """Return it, from a look that is under way or less than a second old, else a new one."""
        is_old = time.monotonic() - self._looked_at > HEALTH_LIFE_S
        if self._look is None or (self._look.done() and is_old):
            self._looked_at = time.monotonic()
            self._look = asyncio.create_task(health(now=now))
        return await asyncio.shield(self._look)


async def doctor(settings: Settings, *, now: datetime) -> list[Check]:
    """Check everything there is to check, each with its fix. Opens the pool; changes nothing."""
    found = [
        *settings_checks.of_settings(settings),
        *settings_checks.of_files(config.env_file(), os.environ),
        *await checks.in_time("database", _database(settings, now=now), limit_s=DOCTOR_LIMIT_S),
        *await checks.in_time("redis", _redis(), limit_s=DOCTOR_LIMIT_S),
        *await checks.in_time("storage", _storage(settings), limit_s=DOCTOR_LIMIT_S),
        *await _providers(settings),
        *await checks.memory(),
    ]
    folders = settings_checks.data_folders(settings, config.home())
    return [*found, *(checks.disk(folder) for folder in folders)]


async def _providers(settings: Settings) -> list[Check]:
    looks = await asyncio.gather(
        *(
            checks.in_time(name, look(settings), limit_s=PROVIDER_LIMIT_S)
            for name, look in (
                ("sms", provider_checks.sms),
                ("sms callbacks", provider_checks.callbacks),
                ("email", provider_checks.email),
            )
        )
    )
    return [check for look in looks for check in look]


def _shown(check: Check) -> CheckOut:
    return CheckOut(status=check.status, reason=check.reason or None)


def _shown_replica(check: Check) -> ReplicaOut:
    return ReplicaOut(status=check.status, reason=check.reason or None, lag_s=check.lag_s)


async def _state(*, now: datetime) -> list[Check]:
    try:
        found = checks.state(await queries.find_state(now=now), now=now)
        if checks.worst(found) == "fail":  # older tables cannot be asked for more
            return found
        return [*found, checks.messages(await service_late.list_late(now=now))]
    except DATABASE_ERRORS as error:
        return [checks.database_error(error)]


async def _database(settings: Settings, *, now: datetime) -> list[Check]:
    try:
        async with db.pool(settings, max_size=1, with_replicas=True):
            about, state = checks.server(await queries.find_server()), await _state(now=now)
            keys = [] if checks.worst(state) == "fail" else await _keys()
            await _look_at_replicas()
            return [*about, *state, *keys, *checks.replicas()]
    except DATABASE_ERRORS as error:
        return [checks.database_error(error)]


async def _look_at_replicas() -> None:
    """Look until each has caught up with what the primary had at the first look, or for 3 s."""
    for _ in range(REPLICA_LOOKS):
        await db_reading.look_at_replicas()
        if all(not state.reason for state in db_reading.replica_states()):
            return
        await asyncio.sleep(REPLICA_PAUSE_S)


async def _storage(settings: Settings) -> list[Check]:
    """Ask a store elsewhere for an object; of a folder, `disk` says enough."""
    if settings.storage_url is None or settings.storage_url.startswith("file:"):
        return []
    return await look_at_storage()


async def look_at_storage() -> list[Check]:
    """Ask the store for an object that is not there."""
    try:
        await storage.get("doctor")
    except ProviderError:
        fix = "look at STORAGE_URL, STORAGE_ENDPOINT and the STORAGE_… keys"
        detail = "the store of photos does not answer, or refuses its keys"
        return [checks.failed("storage", detail, reason="unreachable", fix=fix)]
    return [Check("storage", "ok", "it answers")]


async def _redis() -> list[Check]:
    try:
        found = await checks.redis()
        if checks.worst(found) == "ok":
            found += await checks.redis_server()
        return found
    finally:
        await queue.close()


async def _keys() -> list[Check]:
    try:
        fits = await server_keys.master_key_fits()
    except SettingsError as error:
        return [checks.failed("keys", str(error), reason="", fix="set ENCRYPTION_KEY")]
    if fits is False:
        detail = "ENCRYPTION_KEY does not open this database"
        fix = "find the key of this installation: in its env file, its credentials or a backup"
        return [checks.failed("keys", detail, reason="", fix=fix)]
    if fits and await server_keys.master_key_is_former():
        detail = "ENCRYPTION_KEY is a former master key; the present one was found elsewhere"
        fix = "set ENCRYPTION_KEY to the newest where the processes get it from"
        return [Check("keys", "warn", detail, fix)]
    made = "the master key opens this database" if fits else "none yet; the first start makes them"
    return [Check("keys", "ok", made)]
