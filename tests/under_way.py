"""Requests that are under way while a test looks at something else."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def under_way(
    requests: Iterable[Coroutine[Any, Any, Any]],
) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Send them for the time of the block, a minute at most; whatever happens, none is left."""
    sent = [asyncio.create_task(request) for request in requests]
    try:
        async with asyncio.timeout(60):
            yield sent
    finally:
        for task in sent:
            task.cancel()
        await asyncio.gather(*sent, return_exceptions=True)
