"""What providers say became of our messages: each event stored once, and the message's state moved.

Events come late, twice, out of order, and before we know ourselves that the message has left.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from server.db import Row
from server.failpoints import Step, durable
from server.keys import service as keys
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import opt_outs, queries_events
from server.messages.undelivered import tell_undelivered

State = Literal["accepted", "delivered", "failed"]

# What an event may say, and the states that lie on the way there, as the database allows them.
# A message that waits for another attempt, or of which nobody knew, has left after all.
STEPS: dict[tuple[str, str], tuple[str, ...]] = {
    ("pending", "accepted"): ("accepted",),
    ("pending", "delivered"): ("accepted", "delivered"),
    ("pending", "failed"): ("failed",),
    ("sending", "accepted"): ("accepted",),
    ("sending", "delivered"): ("accepted", "delivered"),
    ("sending", "failed"): ("failed",),
    ("unknown", "accepted"): ("accepted",),
    ("unknown", "delivered"): ("delivered",),
    ("unknown", "failed"): ("failed",),
    ("accepted", "delivered"): ("delivered",),
    ("accepted", "failed"): ("failed",),
    # A bounce that comes late: the server that took it has found that nobody is there.
    ("delivered", "failed"): ("failed",),
}
_RANK: tuple[State, ...] = ("accepted", "delivered", "failed")


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """One thing that a provider said of one message.

    `event_id` is made of what stays the same when the provider says it again. The message is named
    by our own id (`message_id`), else by the provider's. `state` is None where the message stays
    as it is. `code` is the provider's reason, no text of anybody's. `is_opt_out`: the user does
    not want, or cannot get, more of this channel; `is_opt_in`: they want it again.
    """

    event_id: str
    kind: str
    at: datetime
    message_id: UUID | None = None
    provider_id: str | None = None
    state: State | None = None
    code: str | None = None
    is_opt_out: bool = False
    is_opt_in: bool = False


async def record(provider: str, events: Sequence[ProviderEvent], *, now: datetime) -> int:
    """Store what is new of `events`, move their messages' states; return how many were new.

    Events of messages that are not ours are left out. Safe to run twice, also at once: whoever
    comes second finds the events stored, and moves nothing.
    """
    told = await queries_events.find_stored(provider, [event.event_id for event in events])
    events = [event for event in events if event.event_id not in told]
    if not events:  # a replay takes one look, and no lock
        return 0
    async with durable(Step.EVENTS_STORE):
        messages = await queries_events.find_messages(
            provider,
            [event.message_id for event in events if event.message_id],
            [event.provider_id for event in events if event.provider_id and not event.message_id],
        )
        known = _by_name(messages)
        ours = [(row, event) for event in events if (row := known.get(_name(event)))]
        stored = await queries_events.insert_events_of_server(
            [_row(message, event, provider, now) for message, event in ours]
        )
        new = [(row, event) for row, event in ours if event.event_id in stored]
        await _move(provider, new, now=now)
        await _hear(new)
    return len(stored)


async def _hear(new: Sequence[tuple[Row, ProviderEvent]]) -> None:
    """Note who wants no more of a channel, or wants it again: by the last word of each."""
    last: dict[tuple[UUID, str], tuple[Row, ProviderEvent]] = {}
    for row, event in sorted(new, key=lambda one: (one[1].at, one[1].is_opt_out)):
        if event.is_opt_out or event.is_opt_in:
            last[row["user_id"], row["channel"]] = (row, event)
    for _, (row, event) in sorted(last.items(), key=lambda one: one[0]):
        scope, channel = Scope(row["household_id"], row["user_id"]), row["channel"]
        if event.is_opt_in:
            await opt_outs.start_if_stopped_before(scope, channel, at=event.at)
        elif channel == "sms":
            await opt_outs.stop_number(scope, await _address(row), now=event.at)
        else:
            await opt_outs.stop(scope, channel, now=event.at)


async def _address(row: Row) -> str | None:
    box = await keys.box(row["household_id"])
    return box.open_if("outbox_messages", "address", row["id"], row["address"])


def _by_name(messages: Iterable[Row]) -> dict[UUID | str | None, Row]:
    found: dict[UUID | str | None, Row] = {}
    for row in messages:
        found[row["id"]] = row
        if row["provider_id"]:
            found[row["provider_id"]] = row
    return found


def _name(event: ProviderEvent) -> UUID | str | None:
    return event.message_id or event.provider_id


def _row(message: Row, event: ProviderEvent, provider: str, now: datetime) -> dict[str, object]:
    return {
        "id": uuid7(),
        "household_id": message["household_id"],
        "user_id": message["user_id"],
        "message_id": message["id"],
        "provider": provider,
        "provider_event_id": event.event_id,
        "kind": event.kind,
        "at": event.at,
        "received_at": now,
        "data": {"code": event.code} if event.code else {},
    }


async def _move(provider: str, new: Sequence[tuple[Row, ProviderEvent]], *, now: datetime) -> None:
    """Take each message to the furthest state that its new events tell, all of them at once.

    Whose message failed is told on another channel.
    """
    furthest: dict[UUID, tuple[Row, ProviderEvent]] = {}
    for row, event in new:
        if event.state is not None:
            before = furthest.get(row["id"])
            if before is None or _rank(before[1]) < _rank(event):
                furthest[row["id"]] = (row, event)
    moves: list[list[dict[str, object]]] = [[], []]
    for row, event in furthest.values():
        for number, state in enumerate(STEPS.get((row["state"], str(event.state)), ())):
            moves[number].append(
                {
                    "id": row["id"],
                    "state": state,
                    "provider_id": event.provider_id,
                    "code": event.code if state == "failed" else None,
                    "at": event.at,
                }
            )
    for step in moves:
        if step:
            await queries_events.move_of_server(provider, step)
    failed = {move["id"] for step in moves for move in step if move["state"] == "failed"}
    for row, _ in furthest.values():
        if row["id"] in failed:
            scope = Scope(row["household_id"], row["user_id"])
            await tell_undelivered(scope, row["channel"], kind=row["kind"], now=now)


def _rank(event: ProviderEvent) -> int:
    return -1 if event.state is None else _RANK.index(event.state)
