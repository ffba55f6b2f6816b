"""What a member does with suggestions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import versions
from server.contacts import service as contacts
from server.db import Row, transaction
from server.errors import BadInput, Conflict, FieldError, NotFound, Overtaken
from server.interactions import service as interactions
from server.interactions.rules import Kind
from server.keys import service as keys
from server.lib import cursors
from server.lib.paging import read_cursor
from server.lib.scope import Scope
from server.suggestions import generation, queries, states
from server.suggestions.schemas import (
    AcceptedOut,
    ConfirmIn,
    DismissedOut,
    DismissIn,
    GeneratedOut,
    SuggestionList,
    SuggestionOut,
    SuggestionQuery,
    WhyOut,
)
from server.suggestions.states import Action, DismissReason, State
from server.suggestions.views import draft_of, suggestion_out, why_out

# The database allows no higher preference.
MOST_OPEN = 50
_OPEN = tuple(sorted(states.OPEN_STATES))
_KIND_OF_WAY = {"in_person": Kind.HANGOUT, "call": Kind.CALL}


async def list_suggestions(
    scope: Scope, query: SuggestionQuery, *, now: datetime
) -> SuggestionList:
    """Return a page of the user's suggestions, the soonest slot first.

    Raises:
        NotFound: the user sees no such contact. BadInput: the cursor is not one of ours.
    """
    if query.contact is not None:
        await contacts.require_visible(scope, [query.contact])
    wanted = _OPEN if query.state == "open" else (query.state,) if query.state else tuple(State)
    rows = await queries.list_suggestions(
        scope,
        states=wanted,
        contact_id=query.contact,
        after=read_cursor(query.cursor, (datetime, UUID), nullable=True),
        limit=query.limit + 1,
    )
    page, more = rows[: query.limit], len(rows) > query.limit
    return SuggestionList(
        items=await _shown(scope, page, now),
        next_cursor=cursors.encode((page[-1]["slot_start"], page[-1]["id"])) if more else None,
    )


async def get_suggestion(scope: Scope, suggestion_id: UUID, *, now: datetime) -> SuggestionOut:
    """Return one suggestion of the user.

    Raises:
        NotFound: nobody in `scope` has it.
    """
    return await _out(scope, await _get(scope, suggestion_id), now)


async def generate(scope: Scope, *, now: datetime) -> GeneratedOut:
    """Make what is due for one user now; a second call right after makes nothing new.

    The reply lists what is pending, whoever made it: the worker may have been first.
    """
    outcome = (await generation.generate([scope], now=now)).get(scope.user_id)
    if outcome is None:  # disabled a moment ago
        raise NotFound
    rows = await queries.list_suggestions(
        scope, states=[State.PENDING], contact_id=None, after=None, limit=MOST_OPEN
    )
    return GeneratedOut(
        items=await _shown(scope, rows, now),
        created=len(outcome.created),
        open_count=outcome.open_count,
        waiting=dict(sorted(outcome.waiting.items())),
    )


async def accept(scope: Scope, suggestion_id: UUID, *, now: datetime) -> AcceptedOut:
    """Take a pending suggestion; return it with a draft message for the contact.

    The cadence does not move before the meeting is confirmed.

    Raises:
        NotFound: nobody in `scope` has it. Conflict: `suggestion_not_open`.
    """
    async with transaction():
        row = await _held(scope, suggestion_id, Action.ACCEPT, now=now)
        is_gone = await generation.speaks_against(scope, _contact_ids(row)[0], now=now)
        await queries.set_state(
            scope,
            suggestion_id,
            State.EXPIRED if is_gone else State.ACCEPTED,
            now=now,
            is_closed=is_gone,
        )
        await versions.changed([scope], "suggestions")
        row = await _get(scope, suggestion_id)
    if is_gone:
        raise Overtaken(
            "The reason for this suggestion is gone meanwhile; it has expired.",
            code="suggestion_not_open",
        )
    return AcceptedOut(suggestion=await _out(scope, row, now), draft_message=draft_of(row))


async def dismiss(
    scope: Scope, suggestion_id: UUID, data: DismissIn, *, now: datetime
) -> DismissedOut:
    """Say no, and why: each reason teaches the engine something.

    Raises:
        NotFound: nobody in `scope` has it. Conflict: `suggestion_not_open`.
        BadInput: `met_at` lies in the future, or comes with another reason.
    """
    reason, words = states.read_dismissal(data.reason)
    _check_met_at(data, reason, now)
    box = await keys.box(scope.household_id)
    async with transaction():
        row = await _held(scope, suggestion_id, Action.DISMISS, now=now)
        contact_ids = _contact_ids(row)
        interaction_id = None
        if data.met_at is not None:
            interaction_id = await interactions.record_confirmed(
                scope,
                contact_ids,
                kind=Kind.HANGOUT,
                occurred_at=data.met_at,
                suggestion_id=suggestion_id,
                now=now,
            )
        if reason is DismissReason.NEVER_SUGGEST:
            await contacts.never_suggest(scope, contact_ids)
        await queries.set_state(
            scope,
            suggestion_id,
            State.DISMISSED,
            now=now,
            is_closed=True,
            dismissed_reason=reason,
            dismissed_note=box.seal_if("suggestions", "dismissed_note", suggestion_id, words),
            interaction_id=interaction_id,
        )
        await versions.changed([scope], "suggestions")
        row = await _get(scope, suggestion_id)
    asks = reason is DismissReason.MET_TOO_RECENTLY and data.met_at is None
    return DismissedOut(suggestion=await _out(scope, row, now), question="met_at" if asks else None)


async def snooze(scope: Scope, suggestion_id: UUID, *, days: int, now: datetime) -> SuggestionOut:
    """Hide an open suggestion until `days` whole days (1 to 31) after `now`.

    A second snooze replaces the first; the days do not add up. The slot is given back: it
    returns as the same suggestion with a fresh one.

    Raises:
        NotFound: nobody in `scope` has it.
        Conflict: `suggestion_not_open`: it is neither pending nor snoozed.
    """
    async with transaction():
        await _held(scope, suggestion_id, Action.SNOOZE, now=now)
        until = states.snoozed_until(now, days)
        await queries.set_state(scope, suggestion_id, State.SNOOZED, now=now, snoozed_until=until)
        await versions.changed([scope], "suggestions")
        row = await _get(scope, suggestion_id)
    return await _out(scope, row, now)


async def confirm(
    scope: Scope, suggestion_id: UUID, data: ConfirmIn, *, now: datetime
) -> SuggestionOut:
    """Say whether an accepted suggestion happened: only this moves the cadence.

    Raises:
        NotFound: nobody in `scope` has it.
        Conflict: `suggestion_not_open`: not accepted, or its slot has not begun.
        BadInput: `occurred_at` lies in the future.
    """
    if data.occurred_at is not None and data.occurred_at > now:
        raise _in_future("occurred_at")
    action = Action.CONFIRM if data.happened else Action.MISS
    async with transaction():
        row = await _held(scope, suggestion_id, action, now=now)
        interaction_id = None
        if data.happened:
            interaction_id = await interactions.record_confirmed(
                scope,
                _contact_ids(row),
                kind=_KIND_OF_WAY[row["way"]],
                occurred_at=data.occurred_at or row["slot_start"],
                suggestion_id=suggestion_id,
                notes=data.notes,
                now=now,
            )
        await queries.set_state(
            scope,
            suggestion_id,
            states.TRANSITIONS[action].target,
            now=now,
            is_closed=True,
            interaction_id=interaction_id,
        )
        await versions.changed([scope], "suggestions")
        row = await _get(scope, suggestion_id)
    return await _out(scope, row, now)


async def why(scope: Scope, contact_id: UUID, *, now: datetime) -> WhyOut:
    """Say why a contact is, or is not, suggested now.

    Raises:
        NotFound: the user sees no such contact.
    """
    answer = await generation.explain(scope, contact_id, now=now)
    if answer is None:
        raise NotFound
    rows = await queries.list_suggestions(
        scope, states=_OPEN, contact_id=contact_id, after=None, limit=1
    )
    return why_out(answer, rows[0]["id"] if rows else None, now)


async def _shown(scope: Scope, rows: Sequence[Row], now: datetime) -> list[SuggestionOut]:
    box = await keys.box(scope.household_id)
    return [suggestion_out(row, box, now) for row in rows]


async def _out(scope: Scope, row: Row, now: datetime) -> SuggestionOut:
    (shown,) = await _shown(scope, [row], now)
    return shown


async def _get(scope: Scope, suggestion_id: UUID, *, lock: bool = False) -> Row:
    row = await queries.get_suggestion(scope, suggestion_id, lock=lock)
    if row is None:
        raise NotFound
    return row


async def _held(scope: Scope, suggestion_id: UUID, action: Action, *, now: datetime) -> Row:
    """Lock a suggestion for an action that its state allows."""
    row = await _get(scope, suggestion_id, lock=True)
    refusal = states.check(action, State(row["state"]), row["slot_start"], now)
    if refusal:
        raise Conflict(refusal, code="suggestion_not_open")
    return row


def _contact_ids(row: Row) -> list[UUID]:
    return [UUID(contact["id"]) for contact in row["contacts"]]


def _check_met_at(data: DismissIn, reason: DismissReason, now: datetime) -> None:
    if data.met_at is None:
        return
    if reason is not DismissReason.MET_TOO_RECENTLY:
        raise BadInput(
            "met_at goes with the reason met_too_recently only.",
            fields=[FieldError("met_at", "unexpected", "goes with met_too_recently only")],
        )
    if data.met_at > now:
        raise _in_future("met_at")


def _in_future(field: str) -> BadInput:
    return BadInput(
        f"{field} lies in the future.",
        code="not_yet",
        fields=[FieldError(field, "not_yet", "must not lie in the future")],
    )
