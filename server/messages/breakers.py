"""How providers do, as every worker sees it: the rules of breaker.py on a row for each."""

from datetime import datetime

import structlog

from server.db import transaction
from server.lib.ids import uuid7
from server.messages import queries_breakers as queries
from server.messages.breaker import PROBE, Breaker, after_failure

log = structlog.get_logger()


async def note_failure(
    provider: str,
    code: str,
    *,
    now: datetime,
    jitter: float,
    retry_after_s: float | None = None,
    on_trial: bool = False,
) -> None:
    """Count a failure of a provider, and leave it alone when it was one too many.

    The message `on_trial` has opened the breaker for others itself.
    """
    async with transaction():
        row = await queries.hold_breaker_of_server(uuid7(), provider, now=now)
        before = Breaker(row["failures"], None if on_trial else row["open_until"])
        after = after_failure(before, now=now, jitter=jitter, retry_after_s=retry_after_s)
        await queries.set_breaker_of_server(
            provider, after.failures, after.open_until, code, now=now
        )
    if after.is_open(now) and not before.is_open(now):
        log.warning("messages.provider_rests", provider=provider, code=code, until=after.open_until)


async def note_success(provider: str, *, on_trial: bool, now: datetime) -> None:
    """Forget failures; one that is open is closed by the message `on_trial` only."""
    await queries.close_breaker_of_server(provider, on_trial=on_trial, now=now)


async def give_trial_back(provider: str, *, now: datetime) -> None:
    """Let others try: there was nothing to try it with."""
    await queries.give_trial_back_of_server(provider, now=now)


async def take_trial(provider: str, *, now: datetime) -> bool:
    """Say whether the caller is the one that may try whether a provider is back."""
    return await queries.take_trial_of_server(provider, until=now + PROBE, now=now)
