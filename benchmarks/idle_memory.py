"""Memory of the embedded stack, idle, as its proportional share (PSS)."""

import asyncio

from benchmarks import embedded, processes, stage
from benchmarks.figures import Figure
from tests.private_services import temporary_folder

SERVER_MB = 100
WORKER_MB = 80
STACK_MB = 300
# First checks, the worker's first reconciliation and PostgreSQL's own start are over by then.
SETTLED_S = 15


def run() -> list[Figure]:
    """Measure after a first start, which leaves bytecode, and a second one."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    with temporary_folder() as folder:
        environment = stage.clean_environment(folder)
        async with embedded.up(folder, environment):
            pass
        async with embedded.up(folder, environment) as up:
            await asyncio.sleep(SETTLED_S)
            by_part = _by_part(up.process.pid)
    return [
        Figure("HTTP server", by_part.pop("server"), "MB", SERVER_MB),
        Figure("worker", by_part.pop("worker"), "MB", WORKER_MB),
        *(Figure(name, value, "MB") for name, value in by_part.items() if name != "stack"),
        Figure("whole stack", by_part["stack"], "MB", STACK_MB),
    ]


def _by_part(launcher: int) -> dict[str, float]:
    found = {"server": 0.0, "worker": 0.0, "launcher": 0.0, "PostgreSQL": 0.0, "Redis": 0.0}
    for pid, command in processes.tree(launcher).items():
        found[_part(pid == launcher, command)] += processes.pss_mb([pid])
    return {**found, "stack": sum(found.values())}


def _part(is_launcher: bool, command: str) -> str:
    if is_launcher:
        return "launcher"
    if "redis" in command:
        return "Redis"
    if "-m server" in command:
        return "server" if command.endswith(" serve") else "worker"
    return "PostgreSQL"
