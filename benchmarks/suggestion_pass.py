"""The pass that makes suggestions: statements, CPU, and how both grow with the users."""

import asyncio
import json
import statistics
import sys
import time
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
    from server import db

    async with data.open_database():
        for number in range(users):
            scope = await data.make_user(number)
            await data.fill(scope, number, contacts=CONTACTS)
        await db.execute("ANALYZE")
    return {}


async def _one() -> dict[str, Any]:
    from server import db
    from server.suggestions import generation, queries_pass
    from server.suggestions.slots import cut_slots

    async with data.open_database():
        (scope,) = await queries_pass.list_scopes_of_server(after=None, limit=1)
        seen: list[str] = []
        async with db.connection() as connection:
            backend = connection.get_server_pid()
        runs: list[dict[str, float]] = []
        for _ in range(1 + REPEATS):
            await db.execute("DELETE FROM suggestions")
            before = _clocks(backend)
            outcomes = await generation.generate([scope], now=data.NOW)
            runs.append(_since(before, backend))
        await db.execute("DELETE FROM suggestions")
        async with db.connection() as connection:
            connection.add_query_logger(lambda query: seen.append(query.query))
        await generation.generate([scope], now=data.NOW)
        free = await _free(scope)
    return {
        "slots": len(cut_slots(free, 30)),
        "made": len(outcomes[scope.user_id].created),
        "statements": len(seen),
        "first_cpu_ms": runs[0]["cpu_ms"],
        **{name: statistics.median(run[name] for run in runs[1:]) for name in runs[0]},
    }


async def _free(scope: Any) -> Any:
    """Return the free time that the pass works on."""
    from server.suggestions import generation, queries_pass
    from server.suggestions.facts import members

    users = await queries_pass.list_members([scope])
    found = members(users, [], [], data.NOW)
    return (await generation._free(found, now=data.NOW))[scope.user_id]


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
        async with db.connection() as connection:
            backend = connection.get_server_pid()
        processes.forget_peak()
        before = _clocks(backend)
        await generation.generate_for_all(now=data.NOW)
        spent = _since(before, backend)
    return {
        **{name: value / users for name, value in spent.items()},
        "peak_mb": processes.peak_rss_mb(),
    }


def _clocks(backend: int) -> dict[str, float]:
    return {
        "cpu_ms": time.process_time() * 1_000,
        "postgres_ms": processes.cpu_s([backend]) * 1_000,
        "elapsed_ms": time.perf_counter() * 1_000,
    }


def _since(before: dict[str, float], backend: int) -> dict[str, float]:
    return {name: value - before[name] for name, value in _clocks(backend).items()}


async def _main(part: str, *args: str) -> dict[str, Any]:
    if part == "one":
        return await _one()
    return await {"seed": _seed, "all": _all}[part](*map(int, args))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(*sys.argv[1:]))))
