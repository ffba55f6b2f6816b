from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from server import db
from server.contacts import service as contacts
from server.contacts.schemas import ContactPatch
from server.errors import BadInput, Conflict, NotFound
from server.interactions import service as interactions
from server.interactions.rules import Kind
from server.suggestions import service
from server.suggestions.schemas import ConfirmIn, DismissIn, SuggestionQuery
from tests.contacts.factories import make_contact
from tests.times import MONDAY


async def suggest(member, *, now=MONDAY):
    return (await service.generate(member.scope, now=now)).items


async def make_suggestion(member, name="Ben", **fields):
    await make_contact(member, name, **fields)
    return (await suggest(member))[0]


async def test_new_contact_is_suggested_at_once_and_says_never_contacted(member):
    await make_contact(member, "Ben")

    (found,) = await suggest(member)

    assert [contact.name for contact in found.contacts] == ["Ben"]
    assert found.reasons[0].code == "never_contacted"
    assert found.reasons[0].text == "You have never noted a talk with Ben."


async def test_slot_lies_in_the_default_availability(member):
    found = await make_suggestion(member)

    # Monday 09:00 UTC; the first window is the evening, 18:00 in Berlin.
    assert found.slot_start == datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    assert found.slot_zone == "Europe/Berlin"


async def test_weights_of_the_reasons_sum_to_the_score(member):
    found = await make_suggestion(member, circle="inner")

    assert sum(reason.weight for reason in found.reasons) == pytest.approx(found.score)


async def test_second_pass_makes_nothing_new(member):
    first = await make_suggestion(member)

    again = await service.generate(member.scope, now=MONDAY)

    assert again.created == 0
    assert [found.id for found in again.items] == [first.id]


async def test_suggestion_whose_time_has_come_cannot_be_accepted(member):
    found = await make_suggestion(member)

    with pytest.raises(Conflict):
        await service.accept(member.scope, found.id, now=found.slot_start)


async def test_at_most_five_suggestions_are_open(member):
    for number in range(8):
        await make_contact(member, f"Person {number}")

    result = await service.generate(member.scope, now=MONDAY)

    assert (result.created, result.open_count) == (5, 5)
    assert result.waiting == {"limit_reached": 3}


async def test_talk_confirmed_yesterday_means_not_due(member):
    ben = await make_contact(member, "Ben")
    await interactions.record_confirmed(
        member.scope, [ben.id], Kind.CALL, MONDAY - timedelta(days=1), None, now=MONDAY
    )

    assert await suggest(member) == []


async def test_accepting_answers_a_draft_and_leaves_the_cadence_alone(member):
    found = await make_suggestion(member)

    accepted = await service.accept(member.scope, found.id, now=MONDAY)

    assert accepted.suggestion.state == "accepted"
    assert accepted.draft_message.startswith("Hi Ben!")
    contact = (await contacts.get_contact(member.scope, found.contacts[0].id)).read()
    assert contact.last_contacted_at is None


async def test_accepting_twice_is_refused(member):
    found = await make_suggestion(member)
    await service.accept(member.scope, found.id, now=MONDAY)

    with pytest.raises(Conflict) as refused:
        await service.accept(member.scope, found.id, now=MONDAY)

    assert refused.value.code == "suggestion_not_open"


async def test_confirming_moves_the_cadence_to_the_slot(member):
    found = await make_suggestion(member)
    await service.accept(member.scope, found.id, now=MONDAY)
    later = MONDAY + timedelta(days=1)

    confirmed = await service.confirm(
        member.scope, found.id, ConfirmIn(happened=True, notes="Coffee."), now=later
    )

    assert confirmed.state == "confirmed"
    contact = (await contacts.get_contact(member.scope, found.contacts[0].id)).read()
    assert contact.last_contacted_at == found.slot_start
    assert await suggest(member, now=later) == []


async def test_confirming_before_the_slot_has_begun_is_refused(member):
    found = await make_suggestion(member)
    await service.accept(member.scope, found.id, now=MONDAY)

    with pytest.raises(Conflict):
        await service.confirm(member.scope, found.id, ConfirmIn(happened=True), now=MONDAY)


async def test_missed_meeting_makes_the_contact_due_again(member):
    found = await make_suggestion(member)
    await service.accept(member.scope, found.id, now=MONDAY)
    later = MONDAY + timedelta(days=1)

    missed = await service.confirm(member.scope, found.id, ConfirmIn(happened=False), now=later)

    assert missed.state == "missed"
    assert len(await suggest(member, now=later)) == 1


async def test_second_snooze_replaces_the_first(member):
    found = await make_suggestion(member)
    await service.snooze(member.scope, found.id, days=30, now=MONDAY)

    snoozed = await service.snooze(member.scope, found.id, days=3, now=MONDAY)

    assert snoozed.snoozed_until == MONDAY + timedelta(days=3)


async def test_snooze_gives_its_slot_back(member):
    found = await make_suggestion(member)

    snoozed = await service.snooze(member.scope, found.id, days=3, now=MONDAY)

    assert snoozed.slot_start is None


@pytest.mark.parametrize("state", ["accepted", "dismissed"])
async def test_what_is_no_longer_pending_cannot_be_snoozed(member, state):
    found = await make_suggestion(member)
    if state == "accepted":
        await service.accept(member.scope, found.id, now=MONDAY)
    else:
        await service.dismiss(member.scope, found.id, DismissIn(reason="bad_timing"), now=MONDAY)

    with pytest.raises(Conflict):
        await service.snooze(member.scope, found.id, days=3, now=MONDAY)


async def test_accepted_suggestion_can_be_dismissed(member):
    found = await make_suggestion(member)
    await service.accept(member.scope, found.id, now=MONDAY)

    reply = await service.dismiss(
        member.scope, found.id, DismissIn(reason="bad_timing"), now=MONDAY
    )

    assert reply.suggestion.state == "dismissed"


async def test_never_suggest_sticks(member):
    found = await make_suggestion(member)

    await service.dismiss(member.scope, found.id, DismissIn(reason="never_suggest"), now=MONDAY)

    contact = (await contacts.get_contact(member.scope, found.contacts[0].id)).read()
    assert contact.never_suggest
    assert await suggest(member, now=MONDAY + timedelta(days=300)) == []


async def test_met_too_recently_with_a_date_sets_the_last_talk(member):
    found = await make_suggestion(member)
    met_at = MONDAY - timedelta(days=2)

    reply = await service.dismiss(
        member.scope, found.id, DismissIn(reason="met_too_recently", met_at=met_at), now=MONDAY
    )

    assert reply.question is None
    contact = (await contacts.get_contact(member.scope, found.contacts[0].id)).read()
    assert contact.last_contacted_at == met_at


async def test_met_too_recently_without_a_date_asks_for_it(member):
    found = await make_suggestion(member)

    reply = await service.dismiss(
        member.scope, found.id, DismissIn(reason="met_too_recently"), now=MONDAY
    )

    assert reply.question == "met_at"


async def test_meeting_in_the_future_is_refused_as_a_reason(member):
    found = await make_suggestion(member)
    data = DismissIn(reason="met_too_recently", met_at=MONDAY + timedelta(days=1))

    with pytest.raises(BadInput) as refused:
        await service.dismiss(member.scope, found.id, data, now=MONDAY)

    assert refused.value.fields[0].field == "met_at"


async def test_own_words_of_a_dismissal_are_encrypted(member):
    found = await make_suggestion(member)

    await service.dismiss(member.scope, found.id, DismissIn(reason="We fell out"), now=MONDAY)

    (row,) = await db.fetch("SELECT dismissed_reason, dismissed_note FROM suggestions")
    assert row["dismissed_reason"] == "other"
    assert b"fell out" not in row["dismissed_note"]


async def test_pending_suggestions_are_listed_page_by_page(member):
    for number in range(4):
        await make_contact(member, f"Person {number}")
    made = await suggest(member)

    first = await service.list_suggestions(
        member.scope, SuggestionQuery(state="pending", limit=3), now=MONDAY
    )
    second = await service.list_suggestions(
        member.scope,
        SuggestionQuery(state="pending", limit=3, cursor=first.next_cursor),
        now=MONDAY,
    )

    assert [found.id for found in first.items + second.items] == [found.id for found in made]
    assert second.next_cursor is None


async def test_why_agrees_with_the_pass(member):
    ben = await make_contact(member, "Ben")

    before = await service.why(member.scope, ben.id, now=MONDAY)
    (made,) = await suggest(member)
    after = await service.why(member.scope, ben.id, now=MONDAY)

    assert before.would_be_suggested
    assert before.slot_start == made.slot_start
    assert [blocker.code for blocker in after.blockers] == ["open_suggestion"]
    assert after.suggestion_id == made.id


async def test_why_says_what_is_in_the_way_of_an_archived_contact(member):
    ben = await make_contact(member, "Ben")
    await contacts.archive_contact(member.scope, ben.id, now=MONDAY)

    answer = await service.why(member.scope, ben.id, now=MONDAY)

    assert not answer.would_be_suggested
    assert answer.blockers[0].text == "Ben is archived."


async def test_another_households_suggestion_cannot_be_reached(member, stranger):
    found = await make_suggestion(member)
    attempts = [
        service.get_suggestion(stranger.scope, found.id, now=MONDAY),
        service.accept(stranger.scope, found.id, now=MONDAY),
        service.dismiss(stranger.scope, found.id, DismissIn(reason="bad_timing"), now=MONDAY),
        service.snooze(stranger.scope, found.id, days=3, now=MONDAY),
        service.confirm(stranger.scope, found.id, ConfirmIn(happened=True), now=MONDAY),
        service.why(stranger.scope, found.contacts[0].id, now=MONDAY),
        service.get_suggestion(stranger.scope, uuid4(), now=MONDAY),
    ]

    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt
    assert (await service.get_suggestion(member.scope, found.id, now=MONDAY)).state == "pending"


async def test_a_contact_made_private_is_not_named_to_a_housemate_any_more(member, housemate):
    contact = await make_contact(member, "Ben", visibility="household")
    (found,) = await suggest(housemate)

    await contacts.patch_contact(
        member.scope, contact.id, ContactPatch(visibility="private"), expected=None, now=MONDAY
    )

    listed = await service.list_suggestions(housemate.scope, SuggestionQuery(), now=MONDAY)
    assert listed.items == []
    with pytest.raises(NotFound):
        await service.get_suggestion(housemate.scope, found.id, now=MONDAY)
