"""Short codes: the number by which a user answers about one suggestion.

One counter for each user goes through digests, notices and questions: an older message's code
stays its own until the counter has been round (docs/adr/0029).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from server.digests import queries_codes
from server.digests.queries_codes import NewCode
from server.lib.scope import Scope

HIGHEST = 99
"""The counter goes on at 1 after this: two digits are typed without a mistake."""

LIFE = timedelta(days=92)
"""No suggestion stays open for this long, however often it is put off."""


class Purpose(StrEnum):
    """What a code asks: yes, later or no to a suggestion; whether an accepted one happened."""

    SUGGESTION = "suggestion"
    CONFIRMATION = "confirmation"


@dataclass(frozen=True, slots=True)
class Coded:
    """What a code stands for, and the message (its outbox row) that said so."""

    code: int
    suggestion_id: UUID
    purpose: Purpose
    message_id: UUID


async def resolve(scope: Scope, code: int, *, now: datetime) -> Coded | None:
    """Return what a user means by `code`: of the newest message that used it and is still open.

    None for a code that no message used, or whose suggestion has been answered or is over. Open
    are pending, snoozed and accepted suggestions; a question whether it happened only while its
    suggestion is accepted. What a message said more than `LIFE` before `now` is forgotten.
    """
    if not 1 <= code <= HIGHEST:
        return None
    row = await queries_codes.find_code(scope, code, since=now - LIFE)
    return _coded(row) if row else None


async def is_told(scope: Scope, code: int, *, now: datetime) -> bool:
    """Say whether a message of the user's has used `code` within `LIFE` before `now`."""
    return await queries_codes.is_told(scope, code, since=now - LIFE)


async def list_open(scope: Scope, *, now: datetime) -> list[Coded]:
    """Return what can still be answered of the user's newest message with codes, by code.

    For an answer without a number, which is clear when there is one, and for `all`.
    """
    return [_coded(row) for row in await queries_codes.list_newest(scope, since=now - LIFE)]


@dataclass(slots=True)
class Counter:
    """Gives numbers to one user's suggestions; one that is still open keeps the one it has."""

    last: int = 0
    held: dict[tuple[UUID, str], int] = field(default_factory=dict)

    def number(self, suggestion_id: UUID, purpose: Purpose) -> int:
        """Return the number of a suggestion in a new message."""
        known = self.held.get((suggestion_id, purpose))
        if known is not None:
            return known
        taken = {code_of(number) for number in self.held.values()}
        number = self.last + 1
        # Round the clock: the code of a suggestion that is still open is passed over. There are
        # fewer of those than codes (MOST_OPEN); else the newest message has the say.
        while code_of(number) in taken and number < self.last + HIGHEST:
            number += 1
        self.last = self.held[suggestion_id, purpose] = number
        return number


def code_of(number: int) -> int:
    """Return what the user reads of a number: 1 to 99, and round again."""
    return (number - 1) % HIGHEST + 1


async def counters(scopes: Sequence[Scope]) -> dict[UUID, Counter]:
    """Return these users' counters, in two statements; call where their digests are locked."""
    last = await queries_codes.list_last_numbers(scopes)
    found = {scope.user_id: Counter(last.get(scope.user_id, 0)) for scope in scopes}
    for row in await queries_codes.list_held(scopes):
        found[row["user_id"]].held[row["suggestion_id"], row["purpose"]] = row["number"]
    return found


def new_codes(
    scope: Scope, message_ids: Sequence[UUID], numbers: Mapping[UUID, int], purpose: Purpose
) -> list[NewCode]:
    """Return the rows for a message on each of its channels; `numbers` is by suggestion."""
    return [
        NewCode(scope, message_id, suggestion_id, purpose, number, code_of(number))
        for message_id in message_ids
        for suggestion_id, number in numbers.items()
    ]


def _coded(row: Mapping[str, Any]) -> Coded:
    return Coded(row["code"], row["suggestion_id"], Purpose(row["purpose"]), row["message_id"])
