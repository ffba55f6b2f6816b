"""How each statement of the member API grows: 1,000 to 1,000,000 contacts on one server.

The reader has 500 contacts in all sizes, and 50,000 in the largest once more.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from benchmarks import data, scale_data, stage
from benchmarks.figures import Figure
from benchmarks.plans import explain

# The users that each step adds, by how many contacts they have.
STEPS: Mapping[int, Sequence[int]] = {
    1_000: [500] * 2,
    10_000: [1_000] * 9,
    100_000: [1_000] * 60 + [2_000] * 15,
    1_000_000: [50_000] + [20_000] * 5 + [5_000] * 50 + [1_000] * 250 + [500] * 500,
}
LARGEST_READER = 50_000
# Tables that grow with the server; a sequential scan of one reads every household's rows.
BIG = set(scale_data.TABLES)
# Nightly runs may read these: an index would cost each refresh of a session more than that.
NIGHTLY = "retention: "
REPEATS = 3
# The logarithm of a million is twice that of a thousand; the rest is noise of a shared machine.
GROWTH = 3.0
# Below it the clock tells nothing.
FLOOR_MS = 0.5

Call = Callable[[], Awaitable[Any]]


def run() -> list[Figure]:
    """Fill a server step by step and explain every statement at each."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    found: dict[str, list[dict[str, Any]]] = {}
    async with stage.stage() as environment:
        for size in STEPS:
            told = await stage.measure(environment, "benchmarks.scale", size)
            found |= told
    last = f"{max(STEPS):,}"
    figures = [
        Figure(f"{label} contacts: {each['name']}", each["elapsed_ms"], "ms", note=_how(each))
        for label, plans in found.items()
        for each in plans
    ]
    whole = sum(
        bool(each["whole"]) and not each["name"].startswith(NIGHTLY) for each in found[last]
    )
    growth = [
        (each["elapsed_ms"] + FLOOR_MS) / (first["elapsed_ms"] + FLOOR_MS)
        for first, each in zip(found["1,000"], found[last], strict=True)
        if not each["name"].startswith(NIGHTLY)
    ]
    return [
        *figures,
        Figure("statements that read a whole table", whole, "", 0),
        Figure("time, 1,000,000 to 1,000 contacts, worst", max(growth), "", GROWTH),
    ]


def _how(found: Mapping[str, Any]) -> str:
    whole = [f"WHOLE {table}" for table in found["whole"]]
    how = ", ".join([*whole, *found["indexes"]])
    return f"{found['rows']:,} rows, {found['pages']:,} pages: {how}"


async def fill_step(size: int) -> None:
    """Add the users of a step to those of the steps before."""
    sizes = list(STEPS)
    before = sizes[: sizes.index(size)]
    async with scale_data.filling(os.environ[stage.SUPERUSER_URL]) as connection:
        await scale_data.fill(
            connection,
            STEPS[size],
            first_user=sum(len(STEPS[each]) for each in before),
            first_contact=sum(sum(STEPS[each]) for each in before),
        )


async def _step(size: int) -> dict[str, Any]:
    await fill_step(size)
    return await measure(size)


async def measure(size: int) -> dict[str, Any]:
    """Explain every statement for a reader with few contacts, and for the largest if there."""
    from server import config, db, wiring
    from server.lib.scope import Scope

    wiring.connect()
    async with db.pool(config.settings(), max_size=1):
        rows = await db.fetch(
            """SELECT household_id, user_id, count(*) AS contacts FROM contacts
                GROUP BY household_id, user_id ORDER BY contacts, user_id"""
        )
        small, large = (Scope(row["household_id"], row["user_id"]) for row in (rows[0], rows[-1]))
        found = {f"{size:,}": await _explain_all(small)}
        if rows[-1]["contacts"] >= LARGEST_READER:
            found[f"{size:,}, {LARGEST_READER:,} of the reader's"] = await _explain_all(large)
    return found


async def _explain_all(scope: Any) -> list[dict[str, Any]]:
    from benchmarks.scale_calls import calls

    seen = await data.watch_statements()
    found = []
    for name, call in (await calls(scope)).items():
        await call()  # asyncpg asks for unknown types at the first call
        seen.clear()
        await call()
        for number, each in enumerate(list(seen)):
            told = [await explain(name, each.query, each.args, big=BIG) for _ in range(REPEATS)]
            best = min(told, key=lambda one: one.elapsed_ms).as_json()
            found.append(best | {"name": f"{name} ({number + 1})" if number else name})
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(_step(int(sys.argv[1])))) + "\n")
