"""The application that tests share: its routes take longer to compile than a test takes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from quart import Quart

from server import logs
from server.app import create_app
from server.config import Settings


class _Made:
    """The application as it was made last."""

    app: Quart | None = None
    settings: Settings | None = None
    extensions: Mapping[str, Any] = MappingProxyType({})


def shared_app(settings: Settings) -> Quart:
    """Return the application with these settings, and with nothing that a test left in it.

    Who adds a route or a hook to one makes it with `create_app`.
    """
    if _Made.app is None or _Made.settings != settings:
        _Made.app, _Made.settings = create_app(settings), settings
        _Made.extensions = dict(_Made.app.extensions)
    _Made.app.extensions = dict(_Made.extensions)
    logs.configure(settings.log_level)
    return _Made.app
