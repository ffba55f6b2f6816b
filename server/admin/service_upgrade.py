"""Look ahead of an upgrade: is there room, what would be locked, what leads back."""

import asyncio

from server import config, migration_state
from server.admin import queries_upgrade as queries
from server.admin import rules_upgrade as rules
from server.admin.schemas_upgrade import (
    PendingMigrationOut,
    RollbackOut,
    TableLockOut,
    UpgradeOut,
)
from server.admin.service_overview import shown
from server.config import Settings
from server.health import checks, settings_checks
from server.health.checks import Check
from server.lib.commit import commit
from server.lib.version import VERSION


async def preflight(settings: Settings) -> UpgradeOut:
    """Say what an upgrade to the source beside this process would do; it changes nothing."""
    applied = await queries.list_applied_of_server()
    sources = await asyncio.to_thread(_sources)
    found = sorted(
        (one for one in map(rules.read, sources) if one and one.id not in applied),
        key=lambda one: one.id,
    )
    tables = {name for one in found for name in one.altered | one.written}
    sizes = {
        row["table"]: TableLockOut(
            table=row["table"],
            rows=row["rows"],
            size_bytes=row["size_bytes"],
            estimate_s=rules.seconds(row["size_bytes"]),
        )
        for row in await queries.list_sizes_of_server(sorted(tables))
    }
    pending = [_pending(one, sizes) for one in found]
    database_bytes = await queries.find_database_bytes()
    looked = [
        *(checks.disk(folder) for folder in settings_checks.data_folders(settings, config.home())),
        _migrations(
            pending, known={one.id for one in map(rules.read, sources) if one}, applied=applied
        ),
    ]
    return UpgradeOut(
        status=checks.worst(looked),
        version=VERSION,
        commit=commit(),
        checks=[shown(check) for check in looked],
        pending=pending,
        estimate_s=round(sum(one.estimate_s for one in pending), 1),
        database_bytes=database_bytes,
        rollback=_rollback(applied, len(pending)),
    )


def _sources() -> list[str]:
    files = sorted(migration_state.FOLDER.glob(migration_state.FILES))
    return [file.read_text(encoding="utf-8") for file in files]


def _pending(one: rules.Migration, sizes: dict[str, TableLockOut]) -> PendingMigrationOut:
    tables = [sizes[name] for name in sorted(one.altered | one.written) if name in sizes]
    return PendingMigrationOut(
        id=one.id,
        description=one.description,
        lock=rules.lock_of(one, sizes),
        estimate_s=round(sum(table.estimate_s for table in tables), 1),
        tables=tables,
    )


def _migrations(
    pending: list[PendingMigrationOut], *, known: set[str], applied: list[str]
) -> Check:
    newer = [name for name in applied if name not in known]
    if newer:
        detail = f"the database is newer than this version: {', '.join(newer)}"
        return checks.failed("migrations", detail, reason="newer", fix="install the newer version")
    if pending:
        detail = f"{len(pending)} to apply"
        return Check("migrations", "ok", detail, "run `catchup migrate`", reason="pending")
    return Check("migrations", "ok", "none to apply")


def _rollback(applied: list[str], pending: int) -> RollbackOut:
    back = f"`catchup migrate --back {pending}`, then " if pending else ""
    return RollbackOut(
        version=VERSION,
        last_migration=applied[-1] if applied else None,
        sentence=f"To go back: {back}start the version from before. What only new tables hold is"
        " lost on the way; take a dump with `pg_dump` before.",
    )
