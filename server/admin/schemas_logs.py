"""Shapes of the log: what the processes wrote, without anything personal."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from server.lib import cursors
from server.lib.fields import Instant, Shape, Text
from server.lib.paging import Age

MOST_LINES = 1000

LogLevel = Literal["debug", "info", "warning", "error", "critical"]


class LogsQuery(Shape):
    """Which lines. Without `after` the newest come; with it those that followed.

    `sort` `oldest`: without `after` the oldest that are kept come; `before` has no meaning then.
    """

    level: LogLevel = Field("info", description="This severe or more so.")
    q: Text | None = Field(None, max_length=100, description="Part of the line, in any case.")
    process: str | None = Field(None, pattern="^[a-z-]+$", max_length=20, examples=["worker"])
    until: Instant | None = Field(None, description="None later than this.")
    sort: Age = "newest"
    limit: int = Field(200, ge=1, le=MOST_LINES)
    after: str | None = Field(
        None, max_length=cursors.MAX_LENGTH, description="`next_after` of an earlier answer."
    )
    before: str | None = Field(
        None, max_length=cursors.MAX_LENGTH, description="`next_before` of an earlier answer."
    )


class LogLineOut(Shape):
    """One line."""

    at: datetime
    level: LogLevel
    process: str
    event: str
    fields: dict[str, Any] = Field(description="What else the line says.")


class LogPage(Shape):
    """Lines, oldest first."""

    items: list[LogLineOut]
    next_after: str | None = Field(description="To follow: asks for what comes after these.")
    next_before: str | None = Field(description="To go back; null at the beginning.")
