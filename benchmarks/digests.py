"""Writing digests: CPU for 10,000 users, each a household of their own, and how it grows."""

import asyncio
import json
import sys
from datetime import timedelta
from typing import Any

from benchmarks import data, processes, stage
from benchmarks.figures import Figure

USERS = 10_000
LISTED = 5
CPU_S = 60
STATEMENTS = 24
# Linear growth: of ten times as many each costs what one did; above 1 is a shared machine's noise.
LINEAR = 1.25
FLAT = 1.25
SUNDAY = data.NOW + timedelta(days=5, hours=21)  # 09:00 in Berlin
REASONS = [
    {
        "code": "cadence_reached",
        "weight": 230.0,
        "data": {
            "cadence_days": 30,
            "source": "circle",
            "inherited_from": "close",
            "last_on": "2026-04-01",
        },
        "as_of": "2026-06-01",
    },
    {"code": "circle", "weight": 12.0, "data": {"circle": "close"}, "as_of": "2026-06-01"},
    {"code": "same_city", "weight": 0.0, "data": {}, "as_of": "2026-06-01"},
]


def run(users: int = USERS) -> list[Figure]:
    """Measure a tenth of the users, then all of them, each in a fresh process and database."""
    few, many = asyncio.run(_run(users))
    return [
        Figure("digests written", many["written"], ""),
        Figure("messages", many["messages"], ""),
        Figure(f"CPU for {users} users, ours and PostgreSQL's", many["cpu_s"], "s", CPU_S),
        Figure("of it ours", many["ours_s"], "s"),
        Figure("from call to return", many["elapsed_s"], "s"),
        Figure("peak memory", many["peak_mb"], "MB"),
        Figure("statements for a batch of 200", many["statements"], "", STATEMENTS),
        Figure("CPU per user, all to a tenth", 0.1 * many["cpu_s"] / few["cpu_s"], "", LINEAR),
        Figure("peak memory, all to a tenth", many["peak_mb"] / few["peak_mb"], "", FLAT),
    ]


async def _run(users: int) -> list[dict[str, Any]]:
    found = []
    for count in (users // 10, users):
        async with stage.stage() as environment:
            await stage.run_module(environment, "benchmarks.digests", "seed", count)
            found.append(await stage.measure(environment, "benchmarks.digests", "write", count))
    return found


async def _seed(users: int) -> dict[str, Any]:
    from server.digests import service
    from server.lib.ids import uuid7
    from server.lib.scope import Scope

    async with data.open_database():
        for first in range(0, users, 500):
            numbers = range(first, min(first + 500, users))
            scopes = [Scope(uuid7(), uuid7()) for _ in numbers]
            await _insert_users(scopes, first)
            await _insert_suggestions(scopes)
        await data.analyze()
        await service.keep_schedules(now=data.NOW)
        await data.analyze()
    return {}


async def _insert_users(scopes: list[Any], first: int) -> None:
    from server import db
    from server.keys import service as keys

    now = data.NOW
    await db.insert_rows(
        "households",
        ("id", "name", "created_at"),
        [(scope.household_id, "", now) for scope in scopes],
    )
    await keys.create_missing_keys(now=now)
    columns = "id household_id email name password_hash password_changed_at zone created_at"
    await db.insert_rows(
        "users",
        (*columns.split(), "server_role", "household_role", "language", "is_test_user", "version"),
        [
            (scope.user_id, scope.household_id, f"u{first + at}@example.org", "", "", now,
             data.ZONE, now, "member", "owner", "de" if at % 2 else "en", False, 1)
            for at, scope in enumerate(scopes)
        ],
    )  # fmt: skip


async def _insert_suggestions(scopes: list[Any]) -> None:
    from server import db
    from server.lib.ids import uuid7

    people, made, links = [], [], []
    for scope in scopes:
        own = (scope.household_id, scope.user_id)
        for number in range(LISTED):
            contact_id, suggestion_id = uuid7(), uuid7()
            name = f"Person Number {number}"
            at = SUNDAY + timedelta(days=1 + number, hours=9)
            people.append((contact_id, *own, name, name.lower(), name.lower(), data.NOW, data.NOW))
            made.append(
                (suggestion_id, *own, "timebound", at, at + timedelta(minutes=30), data.ZONE,
                 data.NOW, data.NOW)
            )  # fmt: skip
            links.append((uuid7(), *own, suggestion_id, contact_id))
    await _insert("contacts", "name name_key search_key created_at updated_at", people)
    await _insert(
        "suggestions",
        "trigger slot_start slot_end slot_zone created_at updated_at",
        made,
    )
    # COPY has no form for JSON here.
    await db.execute(
        "UPDATE suggestions SET reasons = $1 WHERE user_id = ANY($2)",
        REASONS,
        [scope.user_id for scope in scopes],
    )
    await _insert("suggestion_contacts", "suggestion_id contact_id", links)


async def _insert(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    from server import db

    await db.insert_rows(table, ("id", "household_id", "user_id", *columns.split()), rows)


async def _write(users: int) -> dict[str, Any]:
    from server import db
    from server.digests import service

    async with data.open_database():
        backend = await data.backend_pid()
        processes.forget_peak()
        before = processes.clocks(backend)
        written = await service.write_due(now=SUNDAY)
        spent = processes.clocks(backend) - before
        messages = await db.fetch_value("SELECT count(*) FROM outbox_messages")
        peak = processes.peak_rss_mb()
        statements = await _statements()
    if written != users:
        raise RuntimeError(f"{written} of {users} digests were written")
    return {
        "written": written,
        "messages": messages,
        "cpu_s": spent.ours_s + spent.postgres_s,
        "ours_s": spent.ours_s,
        "elapsed_s": spent.elapsed_s,
        "peak_mb": peak,
        "statements": statements,
    }


async def _statements() -> int:
    """Count what one full batch sends."""
    from server import db
    from server.digests import service

    for table in ("outbox_messages", "digests"):
        await db.execute(f"DELETE FROM {table}")
    await db.execute(
        """UPDATE digest_schedules SET next_at = $1, next_on = $2 WHERE user_id IN
            (SELECT user_id FROM digest_schedules LIMIT 200)""",
        SUNDAY,
        SUNDAY.date(),
    )
    seen = await data.watch_statements()
    await service.write_due(now=SUNDAY)
    return len(seen)


async def _main(part: str, count: str) -> dict[str, Any]:
    return await {"seed": _seed, "write": _write}[part](int(count))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(*sys.argv[1:]))))
