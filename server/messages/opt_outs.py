"""STOP and START: who wants no messages on a channel gets none.

STOP by SMS holds for everything but what goes to another number (its verification); a word of
leave for e-mail does not hold what the account itself needs (a password reset, an alert).
"""

import json
from datetime import datetime

from server.audit import service as audit
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import queries
from server.outbox.service import ChannelName
from server.preferences import service as preferences
from server.users import reach


async def stop(scope: Scope, channel: ChannelName, *, now: datetime) -> bool:
    """Send a user no more on a channel; say whether that changed anything."""
    return await queries.stop(scope, uuid7(), channel, now=now)


async def stop_number(scope: Scope, e164: str | None, *, now: datetime) -> bool:
    """Note that a number takes no SMS from us, if it is the user's; say whether that was news.

    None: the number is not known. A code may have gone to one that is not theirs yet.
    """
    own = await reach.get_phone(scope)
    if e164 is not None and (own is None or own[0] != e164):
        return False
    return await stop(scope, "sms", now=now)


async def start_if_stopped_before(scope: Scope, channel: ChannelName, *, at: datetime) -> bool:
    """Send a user messages again who said so `at` a time, unless they said STOP since."""
    if await queries.is_stopped(scope, channel, after=at):
        return False
    return await start(scope, channel, now=at)


async def start(scope: Scope, channel: ChannelName, *, now: datetime) -> bool:
    """Send a user messages again; say whether that changed anything.

    Who asks for mail again wants it, whatever their preferences said; SMS stay a preference, for
    carriers take a START for no more than the end of a STOP.
    """
    is_new = await queries.start(scope, channel, now=now)
    if channel == "email":
        await preferences.want_email(scope)
    return is_new


async def is_stopped(scope: Scope, channel: ChannelName) -> bool:
    """Say whether a user said STOP to a channel, and not START since."""
    return await queries.is_stopped(scope, channel)


async def consent_to_email(scope: Scope, now: datetime) -> None:
    """End a user's own word of leave, for they have just turned e-mail on; the trail has it."""
    if await queries.start(scope, "email", now=now):
        await audit.record(
            scope.household_id,
            "email.resumed",
            actor_id=scope.user_id,
            subject_kind="user",
            subject_id=scope.user_id,
            now=now,
        )


async def follow_number(scope: Scope, before: str | None, after: str | None, now: datetime) -> None:
    """Let a STOP hold for the number that said it: another number has not, and that one still has.

    `before` and `after`: the user's number (E.164) until now and from now on.
    """
    row = await queries.hold_stop_of_sms(scope)
    if row is None:
        return
    box = await keys.box(scope.household_id)
    kept = box.open_if("opt_outs", "former_numbers", row["id"], row["former_numbers"])
    former: set[str] = set(json.loads(kept)) if kept else set()
    if row["is_stopped"] and before is not None:
        former.add(before)
    elif row["is_stopped"]:  # said before anybody noted on which number: it may be this one
        return
    is_stopped = after in former
    former.discard(after or "")
    sealed = box.seal("opt_outs", "former_numbers", row["id"], json.dumps(sorted(former)))
    await queries.set_numbers(scope, row["id"], sealed, is_stopped=is_stopped, now=now)
