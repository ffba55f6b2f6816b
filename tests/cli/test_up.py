import pytest
from click.testing import CliRunner

from server import config
from server.__main__ import main
from server.cli import up


@pytest.fixture
def started(monkeypatch, tmp_path):
    """What `catchup up` would run, in a home of its own and without a database."""
    calls: list[object] = []

    def run(work, say):
        work.close()
        calls.append(work)
        return 0

    monkeypatch.setattr(up, "run_until_signal", run)
    monkeypatch.setenv("CATCHUP_HOME", str(tmp_path / "home"))
    for name in ("DATABASE_URL", "DATABASE_HOST"):
        monkeypatch.delenv(name, raising=False)
    config.settings.cache_clear()
    return calls


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", "postgresql://me@db.example.org/live"), ("DATABASE_HOST", "db.example.org")],
)
def test_a_demo_is_not_put_into_a_database_that_is_there(started, monkeypatch, name, value):
    monkeypatch.setenv(name, value)

    done = CliRunner().invoke(main, ["up", "--demo"])

    assert done.exit_code != 0
    assert "unset DATABASE_URL" in done.output
    assert started == []


def test_a_demo_without_one_starts(started):
    done = CliRunner().invoke(main, ["up", "--demo"])

    assert (done.exit_code, len(started)) == (0, 1), done.output


def test_a_server_without_demo_uses_the_database_that_is_there(started, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@db.example.org/live")

    done = CliRunner().invoke(main, ["up"])

    assert (done.exit_code, len(started)) == (0, 1), done.output
