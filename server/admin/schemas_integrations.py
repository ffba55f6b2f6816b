"""Outside services: what is set up, how it went, and a test through the real path."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from server.admin.schemas_overview import OverviewCheckOut
from server.lib.fields import Shape

IntegrationName = Literal["sms", "email", "storage"]


class IntegrationOut(Shape):
    """One service; figures are of what is kept."""

    name: IntegrationName
    provider: str | None = Field(description="Null: none is set up.", examples=["twilio"])
    is_configured: bool
    status: Literal["ok", "warn", "off"] = Field(
        description="`warn`: it rests after failures, or its last attempt failed."
    )
    sentence: str
    last_ok_at: datetime | None = Field(description="When it last accepted something.")
    last_error_at: datetime | None
    last_error_code: str | None
    resting_until: datetime | None = Field(description="It failed too often and is left alone.")
    last_webhook_at: datetime | None = Field(description="When we last heard of it.")
    variables: list[str] = Field(description="What sets it up; see `/api/admin/settings`.")


class IntegrationsOut(Shape):
    """All services that this version knows."""

    items: list[IntegrationOut]


class IntegrationTestIn(Shape):
    """How far the test goes."""

    send: bool = Field(False, description="Send a real message to the admin who asks, too.")


class IntegrationTestOut(Shape):
    """What the provider said; `status` is the worst of the checks'."""

    name: IntegrationName
    status: Literal["ok", "warn", "fail"]
    checks: list[OverviewCheckOut]
    message_id: UUID | None = Field(
        description="Of the message that leaves: `GET /api/admin/messages/{id}` follows it."
    )
