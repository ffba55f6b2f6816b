"""Why a user got nothing, answered from rows and settings."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from server.admin import queries_silence as queries
from server.admin.rules_silence import NAMES, Facts, open_breakers, reasons_of
from server.admin.schemas_silence import SilenceOut, SilenceReasonOut
from server.config import Settings
from server.errors import NotFound
from server.integrations.providers import channel_for
from server.lib.scope import Scope
from server.messages.quiet import quiet_until

DIGESTS_SHOWN = 5
MESSAGES_SHOWN = 20


async def why_silent(user_id: UUID, settings: Settings, *, now: datetime) -> SilenceOut:
    """Say why a user got nothing: what holds now, then what happened, newest first.

    Raises:
        NotFound: there is no such user.
    """
    user = await queries.find_user(user_id)
    if user is None:
        raise NotFound
    scope = Scope(user["household_id"], user_id)
    facts = Facts(
        user=user,
        stopped=await queries.list_stopped(scope),
        providers={name: _provider(name, settings) for name in NAMES},
        breakers=open_breakers(await queries.list_breakers_of_server(), now=now),
        quiet_until=quiet_until(user["quiet_hours"], user["zone"], now=now),
        digests=await queries.list_digests(scope, limit=DIGESTS_SHOWN),
        messages=await queries.list_messages(scope, limit=MESSAGES_SHOWN),
    )
    reasons = [SilenceReasonOut(**asdict(one)) for one in reasons_of(facts, now=now)]
    return SilenceOut(user_id=user_id, reasons=reasons)


def _provider(name: str, settings: Settings) -> str | None:
    channel = channel_for("sms" if name == "sms" else "email", settings)
    return channel.provider if channel else None
