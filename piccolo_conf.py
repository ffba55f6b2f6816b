"""Piccolo's configuration: one engine, one app, one migration history."""

from piccolo.conf.apps import AppRegistry
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


DB = Engine(config={"dsn": _owner_dsn()})
APP_REGISTRY = AppRegistry(apps=["server.piccolo_app"])
