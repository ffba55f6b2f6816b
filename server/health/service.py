"""The health of the running server, and the doctor's visit to a whole installation."""

import asyncio
import os
import time
from datetime import datetime

from server import config, db, queue
from server.config import Settings, SettingsError
from server.health import checks, queries, settings_checks
from server.health.checks import DATABASE_ERRORS, Check
from server.health.schemas import CheckOut, HealthOut
from server.keys import server_keys

DOCTOR_LIMIT_S = 10.0

_STARTED = time.monotonic()


async def health(*, now: datetime) -> HealthOut:
    """Check what the server needs to serve, with one statement and within about 2 s."""
    found = [
        check
        for part in await asyncio.gather(
            checks.in_time("database", _state(now=now)),
            checks.in_time("redis", checks.redis()),
            checks.in_time("memory", checks.memory()),
        )
        for check in part
    ]
    return HealthOut(
        status=checks.worst(found),
        timestamp=now,
        uptime=int(time.monotonic() - _STARTED),
        checks={c.name: CheckOut(status=c.status, reason=c.reason or None) for c in found},
    )


async def doctor(settings: Settings, *, now: datetime) -> list[Check]:
    """Check everything there is to check, each with its fix. Opens the pool; changes nothing."""
    found = [
        *settings_checks.of_settings(settings),
        *settings_checks.of_files(config.env_file(), os.environ),
        *await checks.in_time("database", _database(settings, now=now), limit_s=DOCTOR_LIMIT_S),
        *await checks.in_time("redis", _redis(), limit_s=DOCTOR_LIMIT_S),
        *await checks.memory(),
    ]
    folders = settings_checks.data_folders(settings, config.home())
    return [*found, *(checks.disk(folder) for folder in folders)]


async def _state(*, now: datetime) -> list[Check]:
    try:
        return checks.state(await queries.find_state(now=now), now=now)
    except DATABASE_ERRORS as error:
        return [checks.database_error(error)]


async def _database(settings: Settings, *, now: datetime) -> list[Check]:
    try:
        async with db.pool(settings, max_size=1):
            about, state = checks.server(await queries.find_server()), await _state(now=now)
            keys = [] if checks.worst(state) == "fail" else await _keys()
            return [*about, *state, *keys]
    except DATABASE_ERRORS as error:
        return [checks.database_error(error)]


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
    made = "the master key opens this database" if fits else "none yet; the first start makes them"
    return [Check("keys", "ok", made)]
