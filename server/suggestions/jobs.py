"""Jobs of the suggestion engine."""

from typing import Any

from server.lib.clock import utc_now
from server.suggestions import generation


async def generate_suggestions(_ctx: dict[str, Any]) -> int:
    """Make what is due for every user; return the number of new suggestions.

    Safe to run twice: a contact with an open suggestion gets no other one.
    """
    return await generation.generate_for_all(now=utc_now())
