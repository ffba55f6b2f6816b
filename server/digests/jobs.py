"""Jobs of digests: each looks at rows, so a lost or doubled one changes nothing."""

from typing import Any

from server.digests import service, service_notices
from server.lib.clock import utc_now


async def write_digests(_ctx: dict[str, Any]) -> int:
    """Write what must not wait, then every digest that is due; return how many were settled.

    Safe to run twice: an occurrence is unique by user and local date, a notice by suggestion.
    """
    now = utc_now()
    return await service_notices.tell_at_once(now=now) + await service.write_due(now=now)


async def ask_confirmations(_ctx: dict[str, Any]) -> int:
    """Ask whether accepted suggestions happened once their slot is over; return their number.

    Safe to run twice: each is asked about once.
    """
    return await service_notices.ask(now=utc_now())
