"""What review forgets: the rules of the house, read from the source and the running app."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import worker
from server.app import create_app
from server.config import Settings

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "server").rglob("*.py")) + sorted((ROOT / "tui").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
LONGEST = 320
# Heavy SDKs are imported where they are used, never when a module is loaded (STACK: memory).
LAZY = {
    "authlib",
    "google",
    "googleapiclient",
    "obstore",
    "openai",
    "phonenumbers",
    "PIL",
    "sendgrid",
    "sentry_sdk",
    "twilio",
}
# What each kind of file may import of its own feature's files; EXAMPLES of the house.
ALLOWED_SIBLINGS = {
    "tables.py": {"tables"},
    "rules.py": set(),
    "schemas.py": {"schemas", "rules", "passwords"},
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    nodes = tree.body if top_level_only else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_file_is_short_enough_to_read():
    long = [p for p in SOURCES + TESTS if len(p.read_text().splitlines()) > LONGEST]

    assert [name_of(path) for path in long] == [], "split it by topic"


def test_every_file_name_says_what_is_in_it():
    vague = {"utils", "helpers", "common", "misc", "base"}

    assert [name_of(path) for path in SOURCES if path.stem in vague] == []


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name == "__init__.py"], ids=name_of)
def test_package_files_are_empty(path):
    assert path.read_text() == ""


def test_sdks_are_imported_only_where_they_are_used():
    found = {
        name_of(path): {name.split(".")[0] for name in imports_of(path, top_level_only=True)} & LAZY
        for path in SOURCES
    }

    assert {name: early for name, early in found.items() if early} == {}


@pytest.mark.parametrize(
    "path", [p for p in SOURCES if p.name in {"routes.py", "jobs.py"}], ids=name_of
)
def test_routes_and_jobs_go_through_the_service(path):
    banned = re.compile(r"^server(\.\w+)*\.(queries\w*|tables)(\.|$)|^server\.db")

    assert not [name for name in imports_of(path) if banned.match(name)]


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name == "rules.py"], ids=name_of)
def test_rules_are_pure(path):
    inside = [name for name in imports_of(path) if name.startswith("server.")]
    feature = ".".join(path.relative_to(ROOT).parts[:2])

    assert all(name.startswith(("server.lib.", feature)) for name in inside)
    assert not any(name.startswith(("asyncio", "quart", "asyncpg", "piccolo")) for name in inside)


def test_only_the_clock_reads_the_time():
    reads = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(")

    found = [name_of(path) for path in SOURCES if reads.search(path.read_text())]

    assert found == ["server/lib/clock.py", "tui/clock.py"]


@pytest.mark.parametrize("path", [p for p in SOURCES if p.name.startswith("queries")], ids=name_of)
def test_statements_on_member_data_take_a_scope(path):
    """Or say by their name that they cannot: find_… (before anyone is known), …_of_server."""
    exempt = {"server/audit/queries.py", "server/jobs/queries.py"}
    if name_of(path) in exempt or name_of(path).startswith("server/keys/queries"):
        pytest.skip("keys, audit chains and schedules belong to no user")
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.AsyncFunctionDef) or node.name.startswith(
            ("_", "find_", "lock_")
        ):
            continue
        if node.name.endswith("_of_server") or node.name in {"insert_household"}:
            continue
        first = node.args.args[0].arg if node.args.args else ""
        assert first in {"scope", "scopes"}, f"{node.name} takes no scope"


def test_every_route_names_a_permission_or_says_why_it_is_public():
    app = create_app(Settings())
    for rule in app.url_map.iter_rules():
        handler = app.view_functions[rule.endpoint]
        named = hasattr(handler, "permission") or hasattr(handler, "public_because")
        assert named or rule.rule == "/api/openapi.json", rule.rule


def test_every_enqueued_name_is_registered():
    known = {function.__name__ for function in worker.FUNCTIONS}
    for path in SOURCES:
        for name in re.findall(r"""(?:enqueue|ask_for_user)\(\s*["'](\w+)["']""", path.read_text()):
            assert name in known, f"{name_of(path)} enqueues {name}"
