import ast
import re
import subprocess
import sys

import pytest

from tests.test_architecture import ROOT, imports_of, name_of

SOURCES = sorted((ROOT / "tui").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_the_dashboard_knows_of_the_server_only_its_shapes(path):
    ours = [name for name in imports_of(path) if name.split(".")[0] == "server"]

    assert all(re.match(r"server\.admin\.schemas_\w+\.", name) for name in ours)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_heavy_is_imported_before_the_first_frame(path):
    late = path.parent.name == "calls" or path.name in {"api.py", "files.py", "http.py"}
    loaded = set() if late else {name for name in _at_once(path) if re.match(_HEAVY, name)}

    assert not loaded


_HEAVY = r"server\.|h11|pydantic|psutil|asyncssh|tui\.(api|calls|files|http)\b"


def _at_once(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_before_the_first_frame_only_textual_is_heavy():
    loaded = _loaded("tui.__main__", "tui.app", "tui.session", "tui.screens.overview", *_WAYS_IN)

    assert not loaded & (_WITH_VALUES | _TOO_HEAVY)


def test_values_bring_along_pydantic_and_no_second_http_library():
    loaded = _loaded("tui.api", "tui.session", *_WAYS_IN, *_CALLS)

    assert loaded & (_WITH_VALUES | _TOO_HEAVY) == _WITH_VALUES


_WAYS_IN = [f"tui.connect.{name}" for name in ("console", "ssh", "url")]
_CALLS = [f"tui.calls.{path.stem}" for path in (ROOT / "tui/calls").glob("[a-z]*.py")]
_WITH_VALUES = {"pydantic", "h11"}
# What would take megabytes of the 60 that the dashboard may have; tui/http.py says more.
_TOO_HEAVY = {"httpx2", "httpcore2", "anyio", "h2", "aiohttp", "psutil", "pygments", "markdown_it"}


def _loaded(*modules):
    """Import modules in a fresh interpreter; return the packages that are there then."""
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in ran.stdout.split()}
