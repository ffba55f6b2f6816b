"""What ends by itself or grows old, the first to end first."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from server.admin.schemas_overview import Screen
from server.lib.fields import Shape

ExpiryKind = Literal[
    "certificate", "key", "api_token", "invitation", "disk", "audit_anchor", "webhook"
]


class ExpiryOut(Shape):
    """One thing that ends, fills up or has not been heard of."""

    kind: ExpiryKind
    name: str = Field(examples=["catchup.example.org"])
    id: str | None
    status: Literal["ok", "warn", "fail"]
    sentence: str = Field(examples=["The certificate ends in 12 days."])
    ends_at: datetime | None = Field(description="Null: it does not end by itself.")
    since: datetime | None = Field(description="What its age counts from; null: it has none.")
    fix: str | None
    screen: Screen


class ExpiriesOut(Shape):
    """The worst first, then by when they end."""

    items: list[ExpiryOut]
