"""Planned, happened and confirmed are three states: only a confirmed talk moves the cadence."""

import pytest

from server.contacts import service as contacts
from server.interactions import service
from tests.interactions.talks import DAY, HOUR, log, patch
from tests.rows import insert_contact
from tests.times import MONDAY


async def last_contact(member, contact_id):
    return ((await contacts.get_contact(member.scope, contact_id)).read()).last_contacted_at


async def test_a_contact_never_talked_to_has_no_last_contact(member):
    assert await last_contact(member, await insert_contact(member)) is None


async def test_a_logged_call_is_the_last_contact(member):
    contact = await insert_contact(member)
    await log(member, contact)

    assert await last_contact(member, contact) == MONDAY - HOUR


@pytest.mark.parametrize("state", ["planned", "happened"])
async def test_what_nobody_confirmed_is_no_contact(member, state):
    contact = await insert_contact(member)
    await log(member, contact, state=state)

    assert await last_contact(member, contact) is None


async def test_a_confirmed_plan_becomes_the_last_contact(member):
    contact = await insert_contact(member)
    made = await log(member, contact, at=MONDAY + HOUR)

    await service.confirm(member.scope, made.id, now=MONDAY + DAY)

    assert await last_contact(member, contact) == MONDAY + HOUR


@pytest.mark.parametrize("kind", ["hangout", "call", "text", "calendar_event"])
async def test_the_latest_talk_counts_on_any_channel(member, kind):
    contact = await insert_contact(member)
    await log(member, contact, at=MONDAY - DAY, kind=kind)
    await log(member, contact, at=MONDAY - 2 * DAY)

    assert await last_contact(member, contact) == MONDAY - DAY


async def test_everyone_who_took_part_was_contacted(member):
    ben, eva = await insert_contact(member), await insert_contact(member, name="Eva")
    await log(member, ben, eva)

    assert await last_contact(member, ben) == await last_contact(member, eva) == MONDAY - HOUR


async def test_a_housemates_private_talk_satisfies_the_shared_cadence(member, housemate):
    shared = await insert_contact(member, visibility="household")
    await log(housemate, shared)

    assert await last_contact(member, shared) == MONDAY - HOUR


async def test_deleting_the_last_talk_falls_back_to_the_one_before(member):
    contact = await insert_contact(member)
    await log(member, contact, at=MONDAY - DAY)
    latest = await log(member, contact)

    await service.delete(member.scope, latest.id, expected=None)

    assert await last_contact(member, contact) == MONDAY - DAY


async def test_taking_somebody_off_a_talk_takes_the_contact_back(member):
    ben, eva = await insert_contact(member), await insert_contact(member, name="Eva")
    made = await log(member, ben, eva)

    await service.change(member.scope, made.id, patch(contact_ids=[eva]), expected=None, now=MONDAY)

    assert await last_contact(member, ben) is None
