"""The one Piccolo app: the only file that knows every tables.py."""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

FEATURES = (
    "users",
    "keys",
    "audit",
    "alerts",
    "preferences",
    "contacts",
    "groups",
    "interactions",
    "calendars",
    "suggestions",
    "digests",
    "replies",
    "feeds",
    "outbox",
    "messages",
    "jobs",
    "samples",
    "account",
)

APP_CONFIG = AppConfig(
    app_name="catchup",
    migrations_folder_path=str(Path(__file__).parents[1] / "migrations"),
    table_classes=table_finder([f"server.{feature}.tables" for feature in FEATURES]),
    migration_dependencies=[],
)
