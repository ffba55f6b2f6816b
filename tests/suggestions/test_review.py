"""A pass looks again at what is pending; so does accepting."""

from datetime import timedelta
from io import BytesIO

import pytest

from server.calendars import service_import
from server.calendars.schemas import ImportQuery
from server.contacts import service as contacts
from server.errors import Conflict
from server.interactions import service as interactions
from server.interactions.rules import Kind
from server.lib.uploads import Upload
from server.suggestions import generation, service
from tests.contacts.factories import make_contact
from tests.suggestions.pending import BUSY_EVENING, open_of
from tests.times import MONDAY


async def test_pending_suggestion_ends_when_a_talk_was_logged(member):
    ben = await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (found,) = await open_of(member)
    await interactions.record_confirmed(member.scope, [ben.id], Kind.CALL, MONDAY, None, now=MONDAY)

    await generation.generate([member.scope], now=MONDAY)

    assert (await service.get_suggestion(member.scope, found.id, now=MONDAY)).state == "expired"
    assert await open_of(member) == []


async def test_pending_suggestion_ends_when_its_contact_is_archived(member):
    ben = await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    await contacts.archive_contact(member.scope, ben.id, now=MONDAY)

    await generation.generate([member.scope], now=MONDAY)

    assert await open_of(member) == []


async def test_pending_suggestion_moves_when_its_evening_fills_up(member):
    await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (before,) = await open_of(member)
    await service_import.import_file(
        member.scope, Upload(BytesIO(BUSY_EVENING), "choir.ics"), ImportQuery(), now=MONDAY
    )

    await generation.generate([member.scope], now=MONDAY)

    (after,) = await open_of(member)
    assert (after.id, after.state) == (before.id, "pending")
    assert after.slot_start > MONDAY + timedelta(days=1)


async def test_suggestion_whose_reason_is_gone_cannot_be_accepted(member):
    ben = await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (found,) = await open_of(member)
    await interactions.record_confirmed(member.scope, [ben.id], Kind.CALL, MONDAY, None, now=MONDAY)

    with pytest.raises(Conflict) as refused:
        await service.accept(member.scope, found.id, now=MONDAY)

    assert refused.value.code == "suggestion_not_open"
    assert (await service.get_suggestion(member.scope, found.id, now=MONDAY)).state == "expired"
