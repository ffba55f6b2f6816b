"""Whether a message leaves now, when it is tried again, and what to make of one that is in doubt.

Pure: times and jitter are arguments. Source: docs/adr/0026.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CAPS = {"sms": 10, "email": 20}
"""Messages of each sort to one user in any hour."""
RECEIPT_CAPS = (10, 40)
"""Answers to one user's replies, by each channel, in any hour and in any day: two machines that
answer each other stop at the first that is not answered, however slowly they talk."""
ACCOUNT_CAUSES = frozenset({"verification", "account", "alert"})
"""Causes of messages that an account itself needs: codes, passwords, alerts."""
RECEIPT_CAUSE = "inbox"
Sort = Literal["account", "receipt", "ordinary"]
"""What is counted apart: no flood of one sort takes a place from another."""
OPT_OUT_RECEIPT = "opt_out_receipt"
"""The kind of the one message that may answer a STOP."""

UNREADABLE = "unreadable"
"""Its key is gone: nobody can send or look for it."""

QUICK_TRIES = 3
FIRST_PAUSE_S = 2.0
SLOW_PAUSE_S = 15 * 60.0

LEASE = timedelta(seconds=6)
"""How long a sender may be silent before others look at its messages."""
CALL_LIMIT_S = 20.0
"""How long a call to a provider may take; afterwards nobody knows what came of it."""
LIST_LAG = timedelta(seconds=15)
"""How long a provider's list may lag behind what it accepted: Absent is believed after this."""
LOOK_AGAIN = timedelta(seconds=5)
DOUBT_LIMIT = timedelta(seconds=55)
"""Who cannot say by then is not waited for: the message is parked, `unknown`. With the call before
it, a pause and the longest last two questions, that ends within 120 s of the attempt."""
PARKED_PAUSE = timedelta(minutes=5)
"""How often a provider is asked about a parked message, until that expires."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is known of a pending message and its user when it is due.

    `opted_out`: the user said STOP to this channel. `left`: messages of its sort that began to
    leave for the user in the hour and in the day before. `quiet_until`: None when it is not quiet.
    """

    channel: str
    kind: str
    cause_kind: str | None
    is_urgent: bool
    expires_at: datetime
    attempts: int
    has_provider: bool
    has_address: bool
    is_address_fixed: bool
    is_disabled: bool
    opted_out: bool
    left: tuple[int, int]
    quiet_until: datetime | None


@dataclass(frozen=True, slots=True)
class Send:
    """It leaves now."""


@dataclass(frozen=True, slots=True)
class Suppress:
    """It will never leave; the reason is stored and shown."""

    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """It does not leave before `until`."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Expire:
    """It is of no use any more."""


def judge(message: Waiting, *, now: datetime) -> Send | Suppress | Hold | Expire:
    """Say what becomes of a message that is due."""
    if message.expires_at <= now:
        return Expire()
    reason = _why_never(message)
    if reason is not None:
        return Suppress(reason)
    if message.quiet_until is not None and not message.is_urgent:
        return Hold(min(message.quiet_until, message.expires_at), "quiet_hours")
    # Who has been given a place in the hour keeps it for further attempts.
    if message.attempts == 0 and _is_capped(message):
        return Suppress("cap")
    return Send()


def sort_of(cause_kind: str | None) -> Sort:
    """Return with what a message is counted."""
    if is_of_account(cause_kind):
        return "account"
    return "receipt" if cause_kind == RECEIPT_CAUSE else "ordinary"


def _is_capped(message: Waiting) -> bool:
    in_hour, in_day = message.left
    if sort_of(message.cause_kind) == "receipt":
        return in_hour >= RECEIPT_CAPS[0] or in_day >= RECEIPT_CAPS[1]
    return in_hour >= CAPS[message.channel]


def _why_never(message: Waiting) -> str | None:
    if message.is_disabled:
        return "user_disabled"
    if not message.has_provider:
        return "no_provider"
    if not message.has_address:
        return "no_phone" if message.channel == "sms" else "no_address"
    if message.opted_out and not _is_exempt(message):
        return "stop"
    return None


def _is_exempt(message: Waiting) -> bool:
    """Say whether it may leave in spite of a STOP.

    Another number has not said it, and carriers allow one confirmation. Mail that the account
    needs is not what anybody unsubscribes from.
    """
    if message.kind == OPT_OUT_RECEIPT or message.is_address_fixed:
        return True
    return message.channel == "email" and is_of_account(message.cause_kind)


def is_of_account(cause_kind: str | None) -> bool:
    """Say whether a message is one that the account itself needs."""
    return cause_kind in ACCOUNT_CAUSES


def next_attempt(
    attempts: int,
    *,
    now: datetime,
    expires_at: datetime,
    jitter: float,
    retry_after_s: float | None = None,
) -> datetime:
    """Say when a message is tried again after `attempts` tries (1 or more).

    After 2 s, 4 s, then every 15 minutes; `jitter` (0 to 1) makes each pause up to a tenth
    longer, and the provider's own word makes it longer still, never shorter. At the latest when
    it expires, and then to be given up: nothing leaves after that.
    """
    if attempts < QUICK_TRIES:
        pause_s = FIRST_PAUSE_S * 2 ** (attempts - 1)
    else:
        pause_s = SLOW_PAUSE_S
    pause_s = max(pause_s * (1 + jitter / 10), retry_after_s or 0.0)
    return min(now + timedelta(seconds=pause_s), expires_at) if pause_s < _EVER_S else expires_at


_EVER_S = timedelta(days=365).total_seconds()


def doubt_since(attempt_at: datetime) -> datetime:
    """Return when the call of an attempt has ended for certain, of which nothing was heard."""
    return attempt_at + timedelta(seconds=CALL_LIMIT_S)


@dataclass(frozen=True, slots=True)
class Again:
    """The provider does not have it: it may be sent again."""


@dataclass(frozen=True, slots=True)
class Look:
    """Ask the provider again `at` that time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Park:
    """Nobody can say: it becomes `unknown`, and is looked at `at` that time."""

    at: datetime


def settle(
    *, is_absent: bool, in_doubt_since: datetime, now: datetime, is_parked: bool
) -> Again | Look | Park:
    """Say what follows when a provider was asked about a message and did not find it.

    `is_absent`: it says that it does not have it; else it could not tell.
    """
    believed_at = in_doubt_since + LIST_LAG
    if is_absent and now >= believed_at:
        return Again()
    if is_parked:
        return Look(now + PARKED_PAUSE)
    if now >= in_doubt_since + DOUBT_LIMIT:
        return Park(now + PARKED_PAUSE)
    if is_absent:
        return Look(min(now + LOOK_AGAIN, believed_at))
    return Look(now + LOOK_AGAIN)
