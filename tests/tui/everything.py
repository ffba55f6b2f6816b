"""A fake server that answers every screen; a new screen adds its routes here."""

from tests.tui import facts
from tests.tui.fake_server import FakeServer
from tests.tui.screens import (
    made_jobs,
    test_audit,
    test_integrations,
    test_keys,
    test_logs,
    test_messages,
    test_settings,
    test_users,
)


def serve(server: FakeServer) -> None:
    """Let `server` answer all that the dashboard asks."""
    facts.serve(server)
    made_jobs.serve(server)
    test_messages.serve(server)
    test_users.serve(server)
    test_keys.serve(server)
    test_audit.serve(server)
    test_logs.serve(server)
    test_integrations.serve(server)
    test_settings.serve(server)
