"""The whole API against its own document: no 5xx, nothing that the document does not say."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories import PASSWORD, Member
from tests.http_server import http_server

HERE = Path(__file__).parent
LIMIT_S = 1_800
_CASES = re.compile(r"Test cases:\s+(\d+) generated")


async def test_two_thousand_requests_break_nothing(database, member, tmp_path):
    # The same requests in every run: a new one is found by the drill, not by bad luck.
    cases = await _fuzz(member, tmp_path, "--max-examples=3", "--generation-deterministic")

    assert cases >= 2_000


@pytest.mark.drill
async def test_twenty_thousand_requests_break_nothing(database, member, tmp_path):
    cases = await _fuzz(member, tmp_path, "--max-examples=200", "--generation-database=none")

    print(f"{cases:,} requests")
    assert cases >= 20_000


async def _fuzz(member: Member, folder: Path, *options: str) -> int:
    """Run every check in every phase against a server of its own; return the number of requests."""
    with (folder / "server.log").open("wb") as log:
        async with http_server(log, RATE_LIMIT_PER_MINUTE="0") as server:
            found = await asyncio.to_thread(_schemathesis, server.url, member, folder, options)
    count = _CASES.search(found.stdout)
    assert found.returncode == 0, found.stdout + found.stderr
    assert count is not None, found.stdout
    return int(count[1])


def _schemathesis(
    url: str, member: Member, folder: Path, options: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *(f"--config-file={HERE / 'schemathesis.toml'}", "run", f"{url}/api/openapi.json"),
            *("--checks=all", "--phases=examples,coverage,fuzzing,stateful"),
            *("--continue-on-failure", "--no-color"),
            *options,
        ],
        cwd=folder,  # it leaves reports
        env={
            **os.environ,
            "PYTHONPATH": str(HERE.parents[1]),
            "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
            "FUZZ_URL": url,
            "FUZZ_EMAIL": member.email,
            "FUZZ_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
