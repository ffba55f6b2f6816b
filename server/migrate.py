"""Bring the schema up to date: one history, under an advisory lock, then the roles' rights."""

import contextlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg
from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import MigrationModule

from server import db
from server.config import Settings
from server.migration_state import FILES
from server.piccolo_app import APP_CONFIG

# Any fixed number will do; this one spells "catchup".
LOCK_ID = 0x63617463687570


async def migrate(settings: Settings) -> list[str]:
    """Apply what is missing and grant the roles their rights; return the names applied.

    Each migration and its mark in the history commit together, so a kill leaves either both
    or none. Safe to run by several at once: the others wait for the lock.

    Raises:
        OSError, asyncpg.PostgresError: the database cannot be reached or refuses a step.
    """
    async with _locked(settings):
        modules = _modules()
        await _history_table()
        done = set(await Migration.get_migrations_which_ran(APP_CONFIG.app_name))
        applied = []
        for name in sorted(modules.keys() - done):
            async with db.transaction():
                manager = await modules[name].forwards()
                with contextlib.redirect_stdout(io.StringIO()):
                    await manager.run()
                await Migration.insert(Migration(name=name, app_name=APP_CONFIG.app_name))
            applied.append(name)
        async with db.transaction():
            await grant(settings)
    return applied


async def revert(settings: Settings, *, count: int) -> list[str]:
    """Take back the newest `count` migrations; return their names, newest first."""
    async with _locked(settings):
        modules = _modules()
        await _history_table()
        done = sorted(await Migration.get_migrations_which_ran(APP_CONFIG.app_name))
        reverted = list(reversed(done))[:count]
        for name in reverted:
            async with db.transaction():
                manager = await modules[name].forwards()
                with contextlib.redirect_stdout(io.StringIO()):
                    await manager.run(backwards=True)
                await Migration.delete().where(
                    Migration.name == name, Migration.app_name == APP_CONFIG.app_name
                )
    return reverted


async def pending(settings: Settings) -> list[str]:
    """List the migrations that `migrate` would apply; reads only, as the application's role."""
    connection = await asyncpg.connect(settings.direct_database)
    try:
        exists = await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL")
        rows = await connection.fetch("SELECT name FROM migration") if exists else []
    finally:
        await connection.close()
    return sorted(_modules().keys() - {row["name"] for row in rows})


async def grant(settings: Settings) -> None:
    """Give the application and backup roles their rights, and no more; safe to repeat.

    The application may not change the schema, and may only add to the audit trail; what is
    personal there it may erase, and old entries go by `audit_prune` alone.
    """
    owner, application, backup = (
        unquote(urlsplit(url).username or "")
        for url in (settings.owner_database, settings.database, settings.backup_database)
    )
    if application != owner:
        role = _quoted(application)
        await db.execute(
            f"""
            GRANT USAGE ON SCHEMA public TO {role};
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
            REVOKE UPDATE, DELETE ON audit_entries, audit_anchors, security_alerts FROM {role};
            REVOKE UPDATE ON audit_personal FROM {role};
            GRANT EXECUTE ON FUNCTION audit_prune TO {role};
            REVOKE INSERT, UPDATE, DELETE ON migration FROM {role};
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
            """
        )
    if backup not in (owner, application):
        role = _quoted(backup)
        await db.execute(
            f"""
            GRANT USAGE ON SCHEMA public TO {role};
            GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
            GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
            """
        )


def _quoted(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'


def _modules() -> dict[str, MigrationModule]:
    """Return all migrations by ID; of two with one ID Piccolo would take either, without a word."""
    folder = APP_CONFIG.resolved_migrations_folder_path
    found = BaseMigrationManager().get_migration_modules(folder)
    if len(found) != len(list(Path(folder).glob(FILES))):
        raise RuntimeError(f"{folder}: two migrations have the same ID, or one has none")
    return found


async def _history_table() -> None:
    await Migration.create_table(if_not_exists=True)


@asynccontextmanager
async def _locked(settings: Settings) -> AsyncIterator[None]:
    """Let one migration run at a time, and point Piccolo at the owner's connection."""
    engine = db.engine()
    guard = await asyncpg.connect(settings.owner_database)
    try:
        await guard.execute("SELECT pg_advisory_lock($1)", LOCK_ID)
        before, engine.config = engine.config, {"dsn": settings.owner_database}
        try:
            yield
        finally:
            engine.config = before
    finally:
        await guard.close()
