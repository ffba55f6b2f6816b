"""Piccolo's configuration: one engine, one app, one migration history."""

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

from server.config import SettingsError, load


def _owner_dsn() -> str:
    """Piccolo's own command (`make migration`) works without a database, too."""
    try:
        return load().owner_database
    except SettingsError:
        return ""


DB = PostgresEngine(config={"dsn": _owner_dsn()})
APP_REGISTRY = AppRegistry(apps=["server.piccolo_app"])
