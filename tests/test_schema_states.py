"""States and open suggestions, as the database itself keeps them."""

from datetime import timedelta

import asyncpg
import pytest

from server import db
from tests.rows import insert_contact, insert_suggestion, make
from tests.times import MONDAY

HALF_HOUR = timedelta(minutes=30)

SUGGESTION: dict[str, set[str]] = {
    "pending": {"accepted", "dismissed", "snoozed", "expired"},
    "snoozed": {"pending", "dismissed", "expired"},
    # The last of a line are the ways back of an undo.
    "accepted": {"confirmed", "missed", "dismissed", "pending", "snoozed"},
    "dismissed": {"pending", "snoozed", "accepted"},
    "expired": set(),
    "confirmed": {"accepted"},
    "missed": {"accepted"},
}
MESSAGE: dict[str, set[str]] = {
    "pending": {"sending", "suppressed", "failed", "accepted"},
    "sending": {"accepted", "pending", "failed", "unknown"},
    "accepted": {"delivered", "failed", "unknown"},
    "unknown": {"accepted", "delivered", "failed", "pending"},
    "delivered": {"failed"},
    "failed": {"pending"},
    "suppressed": set(),
}


def suggestion_fields(state):
    return {
        "state": state,
        "snoozed_until": MONDAY if state == "snoozed" else None,
        "closed_at": MONDAY if state not in {"pending", "snoozed", "accepted"} else None,
        "dismissed_reason": "other" if state == "dismissed" else None,
    }


def message_fields(state):
    return {
        "state": state,
        "lease_token": "00000000-0000-7000-8000-000000000000" if state == "sending" else None,
        "leased_until": MONDAY if state == "sending" else None,
        "suppressed_reason": "stop" if state == "suppressed" else None,
    }


class TakeBackError(Exception):
    """Rolls a try back."""


async def reachable(table, row_id, states, fields):
    """Return the states that the row can go to from where it is."""
    found = set()
    for state in states:
        try:
            await try_state(table, row_id, fields(state))
        except TakeBackError:
            found.add(state)
        except asyncpg.CheckViolationError:
            continue
    return found


async def try_state(table, row_id, changes):
    async with db.transaction():
        await set_fields(table, row_id, changes)
        raise TakeBackError


async def set_fields(table, row_id, changes):
    places = ", ".join(f"{name} = ${n}" for n, name in enumerate(changes, start=2))
    await db.execute(f"UPDATE {table} SET {places} WHERE id = $1", row_id, *changes.values())


@pytest.mark.parametrize("state", SUGGESTION)
async def test_a_suggestion_goes_only_where_its_life_allows(member, state):
    suggestion = await make("suggestions", member, **suggestion_fields(state))
    others = SUGGESTION.keys() - {state}

    found = await reachable("suggestions", suggestion, others, suggestion_fields)

    assert found == SUGGESTION[state]


@pytest.mark.parametrize("state", MESSAGE)
async def test_a_message_goes_only_where_its_life_allows(member, state):
    message = await make("outbox_messages", member, **message_fields(state))
    others = MESSAGE.keys() - {state}

    assert await reachable("outbox_messages", message, others, message_fields) == MESSAGE[state]


async def test_a_forbidden_step_names_its_rule(member):
    suggestion = await make("suggestions", member, **suggestion_fields("expired"))

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await db.execute("UPDATE suggestions SET state = 'pending' WHERE id = $1", suggestion)

    assert refused.value.constraint_name == "suggestions_transition"


OPEN = ["pending", "accepted", "snoozed"]


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("minutes", [-29, 0, 10, 29])
async def test_two_open_suggestions_of_a_user_do_not_overlap(member, state, minutes):
    await insert_suggestion(member, **suggestion_fields(state))

    with pytest.raises(asyncpg.ExclusionViolationError):
        await insert_suggestion(member, slot_start=MONDAY + timedelta(minutes=minutes))


@pytest.mark.parametrize("start", [MONDAY - HALF_HOUR, MONDAY + HALF_HOUR])
async def test_two_open_suggestions_may_touch(member, start):
    await insert_suggestion(member)

    await insert_suggestion(member, slot_start=start)


@pytest.mark.parametrize("state", ["dismissed", "expired", "confirmed", "missed"])
async def test_a_closed_suggestion_gives_its_slot_back(member, state):
    await insert_suggestion(member, **suggestion_fields(state))

    await insert_suggestion(member)


async def test_a_snoozed_suggestion_without_a_slot_takes_none(member):
    await insert_suggestion(member, slot_start=None, **suggestion_fields("snoozed"))

    await insert_suggestion(member)


async def test_another_user_may_have_a_suggestion_at_the_same_time(member, housemate):
    await insert_suggestion(member)

    await insert_suggestion(housemate)


async def test_a_slot_cannot_be_moved_into_another_open_one(member):
    await insert_suggestion(member)
    later = await insert_suggestion(member, slot_start=MONDAY + HALF_HOUR)

    with pytest.raises(asyncpg.ExclusionViolationError):
        await db.execute("UPDATE suggestions SET slot_start = $2 WHERE id = $1", later, MONDAY)


@pytest.mark.parametrize("state", OPEN)
async def test_a_contact_has_one_open_suggestion_at_most(member, state):
    contact = await insert_contact(member)
    await insert_suggestion(member, contact, **suggestion_fields(state))

    with pytest.raises(asyncpg.UniqueViolationError):
        await insert_suggestion(member, contact, slot_start=MONDAY + HALF_HOUR)


async def test_a_shared_contact_has_one_open_suggestion_in_the_whole_household(member, housemate):
    shared = await insert_contact(member, visibility="household")
    await insert_suggestion(member, shared)

    with pytest.raises(asyncpg.UniqueViolationError):
        await insert_suggestion(housemate, shared)


@pytest.mark.parametrize("state", ["dismissed", "expired"])
async def test_a_closed_suggestion_makes_room_for_the_contacts_next_one(member, state):
    contact = await insert_contact(member)
    suggestion = await insert_suggestion(member, contact)

    await set_fields("suggestions", suggestion, suggestion_fields(state))

    await insert_suggestion(member, contact)
