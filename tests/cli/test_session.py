import pytest

from server import config
from server.cli import session
from server.embedded import urls
from server.embedded.urls import Urls


@pytest.fixture
def join(set_env, monkeypatch):
    """Join a `catchup up` that runs, or does not."""

    def joined(*, running: bool) -> config.Settings:
        monkeypatch.setenv("DATABASE_URL", "")  # what joining sets is undone with it
        monkeypatch.setenv("CATCHUP_CONSOLE", "")
        found = Urls(app_url="postgresql://catchup@127.0.0.1/catchup") if running else None
        monkeypatch.setattr(urls, "running_urls", lambda *_, **__: found)
        session._join_embedded()
        return config.load()

    return joined


def test_commands_beside_a_running_up_know_that_its_worker_prints_messages(join):
    assert join(running=True).catchup_console


def test_without_one_nothing_is_printed(join):
    assert not join(running=False).catchup_console


def test_who_said_otherwise_is_believed(join, tmp_path):
    (tmp_path / "env").write_text("CATCHUP_CONSOLE=false\n")

    assert not join(running=True).catchup_console
