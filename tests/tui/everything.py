"""A fake server that answers every screen; a new screen adds its routes here."""

from tests.tui import facts
from tests.tui.fake_server import FakeServer
from tests.tui.screens import test_keys, test_messages


def serve(server: FakeServer) -> None:
    """Let `server` answer all that the dashboard asks."""
    facts.serve(server)
    test_messages.serve(server)
    test_keys.serve(server)
