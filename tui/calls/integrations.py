"""The routes of integrations, typed."""

from server.admin.schemas_integrations import (
    IntegrationName,
    IntegrationsOut,
    IntegrationTestIn,
    IntegrationTestOut,
)
from tui.api import AdminApi

# The server gives a provider 30 s.
TEST_LIMIT_S = 40.0


async def list_integrations(api: AdminApi) -> IntegrationsOut:
    """Read what is set up, and how it went; no provider is asked."""
    return await api.get("/integrations", IntegrationsOut)


async def try_integration(
    api: AdminApi, name: IntegrationName, *, send: bool
) -> IntegrationTestOut:
    """Ask a provider whether it would work; `send`: and let a real message leave."""
    return await api.act(
        "POST",
        f"/integrations/{name}/test",
        IntegrationTestOut,
        IntegrationTestIn(send=send),
        timeout_s=TEST_LIMIT_S,
    )
