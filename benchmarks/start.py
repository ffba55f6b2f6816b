"""How long a second `catchup up` takes until /health answers 200, and where that time goes."""

import asyncio
import os
import statistics
import sys

from benchmarks import embedded, processes, stage
from benchmarks.figures import Figure
from tests.private_services import temporary_folder

HEALTHY_S = 5
REPEATS = 3
PARTS = {
    "interpreter alone": "pass",
    "imports of `catchup up`": "import server.cli.up",
    "imports of a migration, skipped when none is missing": "import server.migrate",
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
                running = max(at for at, line in up.lines if line.endswith(" runs."))
                spent = sum(map(processes.cpu_s, processes.tree(up.process.pid)))
                starts.append((up.healthy_s, running, spent))
        parts = {name: await _python_s(environment, code) for name, code in PARTS.items()}
    healthy, running, spent = (statistics.median(column) for column in zip(*starts, strict=True))
    return [
        Figure("start to healthy", healthy, "s", HEALTHY_S),
        Figure("  until PostgreSQL and Redis run", running, "s"),
        Figure("  then until the server is healthy", healthy - running, "s"),
        Figure("CPU of all processes until then", spent, "s"),
        *(Figure(f"alone: {name}", taken, "s CPU") for name, taken in parts.items()),
    ]


async def _python_s(environment: stage.Environment, code: str) -> float:
    """Return the median processor time of an interpreter that runs `code`."""
    taken = []
    for _ in range(REPEATS):
        before = os.times()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, env=dict(environment), cwd=stage.ROOT
        )
        await process.wait()
        after = os.times()
        taken.append(
            after.children_user
            + after.children_system
            - before.children_user
            - before.children_system
        )
    return statistics.median(taken)
