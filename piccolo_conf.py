"""Piccolo's configuration: one engine, one app, one migration history."""

from typing import Any

from piccolo.engine.postgres import PostgresEngine

from server.config import SettingsError, load


class Engine(PostgresEngine):
    """Piccolo's engine, without the connection that it opens at import to ask for the version."""

    async def check_version(self) -> None:
        """Do nothing: `catchup doctor` and the health check look at the version."""


def _owner_dsn() -> str:
    """Piccolo's own command (`make migration`) works without a database, too."""
    try:
        return load().owner_database
    except SettingsError:
        return ""


def __getattr__(name: str) -> Any:
    """Make APP_REGISTRY when Piccolo's command asks: its module brings a code formatter (10 MB)."""
    if name == "APP_REGISTRY":
        from piccolo.conf.apps import AppRegistry

        return AppRegistry(apps=["server.piccolo_app"])
    raise AttributeError(name)


DB = Engine(config={"dsn": _owner_dsn()})
