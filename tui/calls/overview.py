"""The routes of the overview, typed."""

from datetime import datetime

from server.admin.schemas_expiries import ExpiriesOut
from server.admin.schemas_overview import OverviewOut
from server.admin.schemas_samples import SamplesOut
from tui.api import AdminApi


async def get_overview(api: AdminApi) -> OverviewOut:
    """Read the state of all parts."""
    return await api.get("/overview", OverviewOut)


async def list_expiries(api: AdminApi) -> ExpiriesOut:
    """Read what ends soon."""
    return await api.get("/expiries", ExpiriesOut)


async def list_samples(
    api: AdminApi, *, since: datetime, until: datetime | None, step_s: int
) -> SamplesOut:
    """Read samples of a span, oldest first; `until` None: up to now."""
    asked = {"from": since, "until": until, "step_s": step_s}
    return await api.get("/samples", SamplesOut, asked)
