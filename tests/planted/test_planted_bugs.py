"""Whether the guards can fail: each planted bug turns the tests red that stand against it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.planted.bugs import BUGS, Bug
from tests.planted.bugs_digests import DIGESTS
from tests.planted.bugs_providers import PROVIDERS
from tests.planted.bugs_replies import REPLIES
from tests.planted.bugs_trace import TRACE
from tests.planted.bugs_webhooks import WEBHOOKS
from tests.private_services import temporary_folder

ALL = (*BUGS, *DIGESTS, *PROVIDERS, *REPLIES, *TRACE, *WEBHOOKS)
ROOT = Path(__file__).parents[2]
COPIED = ("migrations", "server", "tests", "tui")
LIMIT_S = 300
_FAILED = re.compile(r"^FAILED ([^\s\[]+)", re.MULTILINE)


def name_of(bug: Bug) -> str:
    return bug.name


@pytest.mark.parametrize("bug", ALL, ids=name_of)
def test_a_bug_can_still_be_planted(bug):
    assert (ROOT / bug.file).read_text().count(bug.old) == 1, "write it anew"
    for test in bug.tests:
        file, _, function = test.partition("::")
        assert re.search(rf"def {function}\(", (ROOT / file).read_text()), f"{test} is gone"


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    """A copy of the tree, where bugs do no harm."""
    with temporary_folder() as folder:
        for name in COPIED:
            if (ROOT / name).exists():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for file in ROOT.glob("*.*"):
            if file.is_file() and file.suffix in {".py", ".toml"}:
                shutil.copy(file, folder)
        yield folder


def run(copy: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests in the copy, in an environment and a cache of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-rf", "-p", "no:cacheprovider", *tests],
        cwd=copy,
        env={**kept, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


@pytest.mark.drill
def test_without_a_bug_the_tests_are_green(copy):
    tests = sorted({test for bug in ALL for test in bug.tests})

    ended = run(copy, *tests)

    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]


@pytest.mark.drill
@pytest.mark.parametrize("bug", ALL, ids=name_of)
def test_a_planted_bug_turns_its_tests_red(bug, copy):
    file = copy / bug.file
    right = file.read_text()
    file.write_text(right.replace(bug.old, bug.new))
    try:
        ended = run(copy, *bug.tests)
    finally:
        file.write_text(right)

    red = set(_FAILED.findall(ended.stdout))
    assert ended.returncode == 1, ended.stdout[-3000:] + ended.stderr[-3000:]
    assert red == set(bug.tests), "these did not notice: " + ", ".join(set(bug.tests) - red)
    print(f"\n{bug.name}: {len(red)} tests red")
