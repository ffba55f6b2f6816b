"""Why a user got nothing: pure decisions over what is stored of them and their messages."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.alerts.rules_late import PATIENCE

Row = Mapping[str, Any]

NAMES = {"sms": "SMS", "email": "E-mail"}
# What the outbox says of a message that it will not send.
SUPPRESSED = {
    "user_disabled": "the account was disabled",
    "no_provider": "no provider was set up for it",
    "no_phone": "there was no verified phone",
    "no_address": "there was no address",
    "stop": "the user had said STOP",
    "cap": "the user had had as many of its sort lately as anybody may get",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact; `at` is None for what holds now. See schemas_silence.py."""

    code: str
    sentence: str
    at: datetime | None = None
    detail: str | None = None
    channel: str | None = None
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a user.

    user: disabled_at, sms, email (wished), phone_verified_at, next_digest_at. stopped: channel and
    stopped_at. providers: the one of each channel, None where none is set up. breakers: provider,
    open_until and last_error_code of those that have a rest. quiet_until: None outside of quiet
    hours. digests and messages: the newest.
    """

    user: Row
    stopped: Sequence[Row]
    providers: Mapping[str, str | None]
    breakers: Sequence[Row]
    quiet_until: datetime | None
    digests: Sequence[Row]
    messages: Sequence[Row]


def reasons_of(facts: Facts, *, now: datetime) -> list[Reason]:
    """Return why the user got nothing: what holds now first, then what happened, newest first."""
    standing = [*_of_user(facts.user), *_of_ways(facts), *_of_digest(facts.user, now=now)]
    happened = [
        *(_of_past_digest(row) for row in facts.digests if row["state"] != "written"),
        *(_of_message(row, now=now) for row in facts.messages),
    ]
    return [*standing, *sorted(happened, key=_age, reverse=True)]


def _age(reason: Reason) -> float:
    return reason.at.timestamp() if reason.at else 0.0


def _of_user(user: Row) -> Iterator[Reason]:
    if user["disabled_at"] is not None:
        yield Reason("user_disabled", "The account is disabled.", user["disabled_at"])


def _of_ways(facts: Facts) -> Iterator[Reason]:
    user = facts.user
    stopped = {row["channel"]: row["stopped_at"] for row in facts.stopped}
    resting = {row["provider"]: row for row in facts.breakers}
    for channel, name in NAMES.items():
        if not user[channel]:
            yield Reason(
                "preference_off", f"{name} is off in the user's preferences.", channel=channel
            )
            continue
        if channel == "sms" and user["phone_verified_at"] is None:
            yield Reason("no_phone", "The user has no verified phone.", channel=channel)
        if channel in stopped:
            sentence = f"The user has said STOP to {name}."
            yield Reason("opted_out", sentence, stopped[channel], channel=channel)
        provider = facts.providers.get(channel)
        if provider is None:
            sentence = f"No provider is set up for {name}: see `catchup config`."
            yield Reason("no_provider", sentence, channel=channel)
        elif (breaker := resting.get(provider)) is not None:
            yield Reason(
                "provider_resting",
                f"{provider} has failed so often that it is left alone until"
                f" {_moment(breaker['open_until'])}.",
                detail=breaker["last_error_code"],
                channel=channel,
            )
    if facts.quiet_until is not None:
        sentence = f"It is quiet for the user until {_moment(facts.quiet_until)}."
        yield Reason("quiet_hours", sentence)


def _of_digest(user: Row, *, now: datetime) -> Iterator[Reason]:
    due_at = user["next_digest_at"]
    if due_at is None:
        yield Reason("no_schedule", "It is not worked out yet when the next digest is due.")
    elif due_at + PATIENCE <= now:
        sentence = f"A digest is due since {_moment(due_at)} and not written: does a worker run?"
        yield Reason("digest_not_written", sentence, due_at)
    else:
        yield Reason("next_digest", f"The next digest is due {_moment(due_at)}.", due_at)


def _of_past_digest(digest: Row) -> Reason:
    of = f"The digest of {digest['local_date']:%Y-%m-%d}"
    if digest["state"] == "nothing_to_say":
        return Reason("nothing_to_say", f"{of} had nothing to say.", digest["due_at"])
    why = digest["reason"]
    sentence = f"{of} was left out: {str(why).replace('_', ' ')}."
    return Reason("digest_skipped", sentence, digest["due_at"], detail=why)


def _of_message(message: Row, *, now: datetime) -> Reason:
    code, sentence, at = _say(message, now=now)
    what = f"{NAMES.get(message['channel'], message['channel'])} ({message['kind']})"
    return Reason(
        code,
        f"{what} {sentence}.",
        at,
        detail=message["code"],
        channel=message["channel"],
        message_id=message["id"],
    )


def _say(message: Row, *, now: datetime) -> tuple[str, str, datetime]:
    written, why = message["created_at"], message["code"]
    met = f" ({why})" if why else ""
    match message["state"]:
        case "suppressed":
            return "suppressed", f"was not sent: {SUPPRESSED.get(why, why)}", written
        case "pending" if message["next_attempt_at"] > now:
            until = _moment(message["next_attempt_at"])
            return "waiting", f"waits until {until}{met}", written
        case "pending" | "sending":
            return "leaving", f"is about to leave{met}", written
        case "failed":
            what = "left and was not delivered" if message["sent_at"] else "could not be sent"
            return "failed", f"{what}{met}", message["ended_at"] or written
        case "unknown":
            parked = f"is parked, for nobody knows whether it left{met}"
            return "unknown", parked, message["ended_at"] or written
        case "accepted" if message["provider"] == "console":
            printed = "was printed by the worker, for no provider is set up"
            return "accepted", printed, message["sent_at"] or written
        case "accepted":
            left = "was accepted by the provider, which has not said that it arrived"
            return "accepted", left, message["sent_at"] or written
    return "delivered", "was delivered", message["delivered_at"] or written


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def open_breakers(breakers: Iterable[Row], *, now: datetime) -> list[Row]:
    """Return the providers that have a rest."""
    return [row for row in breakers if row["open_until"] and row["open_until"] > now]
