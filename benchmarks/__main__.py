"""`python -m benchmarks [name[=argument] …]`: measure, print, exit 1 when a figure is missed."""

import os
import sys
import time
from importlib import import_module

from benchmarks.figures import Figure, table

NAMES = (
    "api",
    "suggestion_pass",
    "digests",
    "vcard_import",
    "outbox",
    "idle_memory",
    "start",
    "query_plans",
    "scale",
    "dashboard",
)
# Half an hour, and a million contacts: only by name.
LONG = ("api_growth", "soak")


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all that are not long; return the exit code."""
    wanted = [name.partition("=") for name in names or NAMES]
    if unknown := {name for name, _, _ in wanted} - {*NAMES, *LONG}:
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join((*NAMES, *LONG))}")
        return 2
    missed: list[Figure] = []
    for name, _, argument in wanted:
        begun = time.perf_counter()
        arguments = [int(argument)] if argument else []
        figures = import_module(f"benchmarks.{name}").run(*arguments)
        taken, load = time.perf_counter() - begun, os.getloadavg()[0]
        print(f"{name} (took {taken:.0f} s; load {load:.1f} on {os.cpu_count()} cores)")
        print(table(figures), end="\n\n", flush=True)
        missed += [figure for figure in figures if not figure.ok]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
