"""Shapes of the routes of alerts. They name nobody: the audit trail does."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from server.alerts.rules import AlertKind
from server.lib.fields import Instant, Shape


class AlertOut(Shape):
    """One alert; the entry `alert.…` of the audit trail at the same instant says about whom."""

    id: UUID
    kind: AlertKind
    at: datetime
    says: str = Field(description="What it means, in words.")
    is_acknowledged: bool = Field(description="`/health` warns of it no more.")


class AlertPage(Shape):
    """A page of alerts, oldest first."""

    items: list[AlertOut]
    next_cursor: str | None


class AcknowledgeIn(Shape):
    """Up to which instant an admin has seen them all."""

    up_to: Instant = Field(
        description="`at` of the newest alert that was seen: a later one still warns.",
        examples=["2026-03-01T18:30:00Z"],
    )


class Acknowledged(Shape):
    """How many alerts warn no more."""

    acknowledged: int
