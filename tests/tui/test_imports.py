import ast
import re

import pytest

from tests.test_architecture import ROOT, imports_of, name_of

LATE = {"api.py", "files.py", "replies.py", "way.py"}
SOURCES = sorted((ROOT / "tui").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_the_dashboard_knows_of_the_server_only_its_shapes(path):
    ours = [name for name in imports_of(path) if name.split(".")[0] == "server"]

    assert all(re.match(r"server\.admin\.schemas_\w+\.", name) for name in ours)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nothing_heavy_is_imported_before_the_first_frame(path):
    late = path.parent.name == "calls" or path.name in LATE
    loaded = set() if late else {name for name in _at_once(path) if re.match(_HEAVY, name)}

    assert not loaded


_HEAVY = r"server\.|httpx2|pydantic|psutil|asyncssh|tui\.(api|calls|files|replies|way)\b"


def _at_once(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
