"""Jobs of the suggestion engine."""

from typing import Any
from uuid import UUID

from server.lib.clock import utc_now
from server.lib.scope import Scope
from server.suggestions import generation


async def close_suggestions(_ctx: dict[str, Any]) -> int:
    """Expire pending suggestions whose time has come, and miss accepted ones nobody spoke of.

    Returns their number; safe to run twice.
    """
    return await generation.close_past_for_all(now=utc_now())


async def suggest_to_user(_ctx: dict[str, Any], *, household_id: str, user_id: str) -> int:
    """Make what is due for one user, after an import; return the number of new suggestions.

    Safe to run twice. Lost, the next six-hourly pass does it.
    """
    scope = Scope(UUID(household_id), UUID(user_id))
    outcomes = await generation.generate([scope], now=utc_now())
    return sum(len(outcome.created) for outcome in outcomes.values())


async def generate_suggestions(_ctx: dict[str, Any]) -> int:
    """Make what is due for every user; return the number of new suggestions.

    Safe to run twice: a contact with an open suggestion gets no other one.
    """
    return await generation.generate_for_all(now=utc_now())
