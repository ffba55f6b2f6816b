"""The pass that makes suggestions: statements, CPU, and how both grow with the users."""

import asyncio
import json
import statistics
import sys
from typing import Any

from benchmarks import data, processes, stage
from benchmarks.figures import Figure

CONTACTS = 1_000
USERS = 100
REPEATS = 5
STATEMENTS = 8
CPU_MS = 100
# Linear growth: a hundred users cost each what ten do. Above 1 is noise of a shared machine.
LINEAR = 1.25
FLAT = 1.1


def run() -> list[Figure]:
    """Measure one user's pass, then passes over 1, 10 and 100 users, each in a fresh process."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    module = "benchmarks.suggestion_pass"
    async with stage.stage() as environment:
        await stage.run_module(environment, module, "seed", USERS)
        one = await stage.measure(environment, module, "one")
        by_users = {
            count: await stage.measure(environment, module, "all", count)
            for count in (1, USERS // 10, USERS)
        }
    few, many = by_users[USERS // 10], by_users[USERS]
    return [
        Figure("free slots", one["slots"], "slots"),
        Figure("suggestions made", one["made"], ""),
        Figure("statements, with BEGIN and COMMIT", one["statements"], "", STATEMENTS),
        Figure("our CPU, one user", one["cpu_ms"], "ms", CPU_MS),
        Figure("our CPU, one user, first pass of a process", one["first_cpu_ms"], "ms"),
        Figure("PostgreSQL's CPU, one user", one["postgres_ms"], "ms"),
        Figure("from call to return, one user", one["elapsed_ms"], "ms"),
        *(
            Figure(f"our CPU per user, {count} users", found["cpu_ms"], "ms")
            for count, found in by_users.items()
        ),
        *(
            Figure(f"PostgreSQL's CPU per user, {count} users", found["postgres_ms"], "ms")
            for count, found in by_users.items()
        ),
        *(
            Figure(f"peak memory, {count} users", found["peak_mb"], "MB")
            for count, found in by_users.items()
        ),
        Figure("CPU per user, 100 to 10 users", many["cpu_ms"] / few["cpu_ms"], "", LINEAR),
        Figure("peak memory, 100 to 10 users", many["peak_mb"] / few["peak_mb"], "", FLAT),
    ]


async def _seed(users: int) -> dict[str, Any]:
    async with data.open_database():
        for number in range(users):
            scope = await data.make_user(number)
            await data.fill(scope, number, contacts=CONTACTS)
        await data.analyze()
    return {}


async def _one() -> dict[str, Any]:
    from server import db
    from server.suggestions import generation, queries_pass

    async with data.open_database():
        (scope,) = await queries_pass.list_scopes_of_server(after=None, limit=1)
        backend = await data.backend_pid()
        runs = []
        for _ in range(1 + REPEATS):
            await db.execute("DELETE FROM suggestions")
            before = processes.clocks(backend)
            outcomes = await generation.generate([scope], now=data.NOW)
            runs.append(processes.clocks(backend) - before)
        await db.execute("DELETE FROM suggestions")
        seen = await data.watch_statements()
        await generation.generate([scope], now=data.NOW)
        statements = len(seen)
        slots = await data.count_free_slots(scope)
    warm = runs[1:]
    return {
        "slots": slots,
        "made": len(outcomes[scope.user_id].created),
        "statements": statements,
        "first_cpu_ms": runs[0].ours_s * 1_000,
        "cpu_ms": statistics.median(run.ours_s for run in warm) * 1_000,
        "postgres_ms": statistics.median(run.postgres_s for run in warm) * 1_000,
        "elapsed_ms": statistics.median(run.elapsed_s for run in warm) * 1_000,
    }


async def _all(users: int) -> dict[str, Any]:
    from server import db
    from server.suggestions import generation

    async with data.open_database():
        await db.execute("DELETE FROM suggestions")
        await db.execute(
            """UPDATE users SET disabled_at = CASE WHEN id IN
                (SELECT id FROM users ORDER BY id LIMIT $1) THEN NULL ELSE $2::timestamptz END""",
            users,
            data.NOW,
        )
        backend = await data.backend_pid()
        processes.forget_peak()
        before = processes.clocks(backend)
        await generation.generate_for_all(now=data.NOW)
        spent = processes.clocks(backend) - before
    return {
        "cpu_ms": spent.ours_s * 1_000 / users,
        "postgres_ms": spent.postgres_s * 1_000 / users,
        "peak_mb": processes.peak_rss_mb(),
    }


async def _main(part: str, *args: str) -> dict[str, Any]:
    if part == "one":
        return await _one()
    return await {"seed": _seed, "all": _all}[part](*map(int, args))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(*sys.argv[1:]))))
