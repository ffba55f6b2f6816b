"""How long a second `catchup up` takes until /health answers 200, and where that time goes."""

import asyncio
import statistics
import sys
import time

from benchmarks import embedded, stage
from benchmarks.figures import Figure
from tests.private_services import temporary_folder

HEALTHY_S = 5
REPEATS = 3
PARTS = {
    "interpreter alone": "pass",
    "imports of `catchup up`": "import server.cli.up",
    "imports of `catchup migrate`": "import server.cli.database, server.migrate",
    "imports of the server": "import server.serve",
    "imports of the worker": "import server.worker",
}


def run() -> list[Figure]:
    """Start once, for the database and the bytecode; then measure the median of three starts."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    with temporary_folder() as folder:
        environment = stage.clean_environment(folder)
        async with embedded.up(folder, environment):
            pass
        starts = []
        for _ in range(REPEATS):
            async with embedded.up(folder, environment) as up:
                starts.append((up.healthy_s, *_moments(up.lines)))
        parts = {name: await _python_s(environment, code) for name, code in PARTS.items()}
    healthy, databases, migrated = (statistics.median(column) for column in zip(*starts, strict=True))
    return [
        Figure("start to healthy", healthy, "s", HEALTHY_S),
        Figure("  until PostgreSQL and Redis run", databases, "s"),
        Figure("  then until the schema is checked", migrated - databases, "s"),
        Figure("  then until the server is healthy", healthy - migrated, "s"),
        *(Figure(f"for comparison: {name}", taken, "s") for name, taken in parts.items()),
    ]


def _moments(lines: list[tuple[float, str]]) -> tuple[float, float]:
    """Return when both databases ran, and when the schema was up to date."""
    running = max(at for at, line in lines if line.endswith(" runs."))
    return running, min(at for at, line in lines if "Nothing to apply" in line)


async def _python_s(environment: stage.Environment, code: str) -> float:
    taken = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, env=dict(environment), cwd=stage.ROOT
        )
        await process.wait()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)
