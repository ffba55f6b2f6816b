"""Before an upgrade: is there room, what would change, and what leads back."""

from typing import Literal

from pydantic import Field

from server.admin.schemas_overview import OverviewCheckOut
from server.lib.fields import Shape


class TableLockOut(Shape):
    """A table that a migration touches; figures are PostgreSQL's own estimates."""

    table: str
    rows: int
    size_bytes: int
    estimate_s: float = Field(description="How long it may be locked.")


class PendingMigrationOut(Shape):
    """A migration that `catchup migrate` would apply."""

    id: str
    description: str
    lock: Literal["none", "writes", "all"] = Field(
        description="What waits while it runs: nothing, writes, or reads, too."
    )
    estimate_s: float
    tables: list[TableLockOut]


class RollbackOut(Shape):
    """What leads back when an upgrade goes wrong."""

    version: str
    last_migration: str | None = Field(description="The newest that is applied.")
    sentence: str


class UpgradeOut(Shape):
    """Whether the upgrade may begin; `status` is the worst of the checks'."""

    status: Literal["ok", "warn", "fail"]
    version: str
    commit: str | None
    checks: list[OverviewCheckOut]
    pending: list[PendingMigrationOut]
    estimate_s: float
    database_bytes: int
    rollback: RollbackOut
