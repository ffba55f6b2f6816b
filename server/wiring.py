"""Where a lower feature learns of higher ones: what they do when something happens below."""

from server.users import service as users


def connect() -> None:
    """Register every step; the server, the worker and the command line call it once."""
    users.new_user_steps[:] = []
