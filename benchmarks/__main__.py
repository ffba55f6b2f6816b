"""`python -m benchmarks [name …]`: measure, print, and exit 1 when a figure is missed."""

import os
import sys
import time
from importlib import import_module

from benchmarks.figures import Figure, table

NAMES = ("api", "suggestion_pass", "vcard_import", "idle_memory", "start", "query_plans", "scale")


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; return the exit code."""
    if unknown := set(names) - set(NAMES):
        print(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
        return 2
    missed: list[Figure] = []
    for name in names or NAMES:
        begun = time.perf_counter()
        figures = import_module(f"benchmarks.{name}").run()
        taken, load = time.perf_counter() - begun, os.getloadavg()[0]
        print(f"{name} (took {taken:.0f} s; load {load:.1f} on {os.cpu_count()} cores)")
        print(table(figures), end="\n\n", flush=True)
        missed += [figure for figure in figures if not figure.ok]
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
