"""The support bundle: what helps others to help, gathered part by part, each redacted."""

import asyncio
import io
import json
import platform
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_origin

from pydantic import SecretStr

from server import db
from server.admin import log_lines, queries_upgrade, service_samples
from server.admin import queries_bundle as queries
from server.admin.log_lines import NoLog
from server.admin.rules_redaction import Redaction
from server.admin.schemas_samples import SamplesQuery
from server.config import Settings
from server.config_listing import describe
from server.db import Row
from server.embedded.running import list_running
from server.health import service as health
from server.health.checks import DATABASE_ERRORS
from server.lib.commit import commit
from server.lib.version import VERSION

FAILURES = 200
LINES = 2000
SAMPLES_OF = timedelta(days=7)
SAMPLES_STEP_S = 600
_PLAIN_TYPES = (int, float, bool)


async def make(settings: Settings, *, home: Path, now: datetime) -> bytes:
    """Return a tar.gz with a JSON file for each part; opens the pool by itself.

    Numbers, switches, codes and times pass; texts only as far as `rules_redaction` knows them.
    What cannot be read (the database is down, there is no log) says so in its file.
    """
    redaction = Redaction(_texts_of(settings))
    parts: dict[str, Any] = {
        "version": _version(home),
        "settings": _settings(settings),
        "checks": [
            {name: _shown(value, redaction) for name, value in asdict(check).items()}
            for check in await health.doctor(settings, now=now)
        ],
        "log": await asyncio.to_thread(_log, home, redaction),
    }
    try:
        async with db.pool(settings, max_size=1):
            parts |= await _of_database(now=now)
    except DATABASE_ERRORS as error:
        parts["database"] = {"error": type(error).__name__}
    return _packed(parts, f"catchup-support-{now:%Y%m%dT%H%M%SZ}", now=now)


async def _of_database(*, now: datetime) -> dict[str, Any]:
    query = SamplesQuery.model_validate({"from": now - SAMPLES_OF, "step_s": SAMPLES_STEP_S})
    samples = await service_samples.list_samples(query, now=now)
    return {
        "database": {
            "postgresql": await queries.find_version(),
            "size_bytes": await queries_upgrade.find_database_bytes(),
        },
        "migrations": await queries_upgrade.list_applied_of_server(),
        "schedules": _rows(await queries.list_schedules_of_server()),
        "failed_jobs": _rows(await queries.list_failures_of_server(limit=FAILURES)),
        "samples": samples.model_dump(mode="json"),
    }


def _version(home: Path) -> dict[str, Any]:
    return {
        "catchup": VERSION,
        "commit": commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processes": [
            {"name": one.name, "memory_bytes": one.memory_bytes} for one in list_running(home)
        ],
    }


def _settings(settings: Settings) -> list[dict[str, Any]]:
    """Return each variable; its value only where it is a number, a switch or one of few words."""
    return [
        {
            "name": one.name,
            "is_set": one.source != "default",
            "value": one.value if _is_plain(one.name) else None,
        }
        for one in describe(settings)
    ]


def _is_plain(name: str) -> bool:
    annotation = Settings.model_fields[name.lower()].annotation
    return annotation in _PLAIN_TYPES or get_origin(annotation) is Literal


def _texts_of(settings: Settings) -> Iterable[str]:
    """Return what is set as free text: hidden wherever a check's sentence quotes it."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            yield value.get_secret_value()
        elif isinstance(value, str) and not _is_plain(name):
            if name in settings.model_fields_set:
                yield value
        elif isinstance(value, list):
            yield from map(str, value)


def _log(home: Path, redaction: Redaction) -> Any:
    try:
        return [
            {
                "at": line.at.isoformat(),
                "level": line.level,
                "process": line.process,
                **redaction.line(line.event, line.fields),
            }
            for line in islice(log_lines.newest_first(home), LINES)
        ]
    except NoLog as error:
        return {"error": type(error).__name__}


def _rows(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [
        {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in row.items()
        }
        for row in rows
    ]


def _shown(value: Any, redaction: Redaction) -> Any:
    return redaction.text(value) if isinstance(value, str) else value


def _packed(parts: Mapping[str, Any], folder: str, *, now: datetime) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, part in parts.items():
            content = json.dumps(part, indent=1, ensure_ascii=False).encode() + b"\n"
            entry = tarfile.TarInfo(f"{folder}/{name}.json")
            entry.size, entry.mtime, entry.mode = len(content), int(now.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
