"""Fakes in processes of their own, for drills that kill."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class FakeProcess:
    """A running fake: its address, and its process for those who kill it."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def running(name: str, ledger: Path, *options: str) -> Iterator[FakeProcess]:
    """Run `tests.fakes.<name>`; it has ended afterwards."""
    with subprocess.Popen(
        [sys.executable, "-m", f"tests.fakes.{name}", "--ledger", str(ledger), *options],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("listening on "), said
            yield FakeProcess(said.removeprefix("listening on ").strip(), process)
        finally:
            process.kill()
