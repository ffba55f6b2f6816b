import asyncio
from contextvars import Context
from datetime import timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest

from server import db
from server.calendars import service_import
from server.calendars.schemas import ImportQuery
from server.contacts import service as contacts
from server.contacts.schemas import ContactPatch
from server.groups import service as groups
from server.groups.schemas import GroupListQuery
from server.interactions import service as interactions
from server.interactions.rules import Kind
from server.lib.uploads import Upload
from server.preferences import service as preferences
from server.preferences.schemas import NotificationsIn
from server.suggestions import generation, jobs, queries_pass, service
from tests.contacts.factories import make_contact
from tests.factories import make_housemate
from tests.suggestions.pending import BUSY_EVENING, open_of
from tests.times import MONDAY


async def test_two_passes_at_once_make_one_suggestion(member):
    await make_contact(member)

    passes = [
        asyncio.create_task(generation.generate([member.scope], now=MONDAY), context=Context())
        for _ in range(5)
    ]
    outcomes = await asyncio.gather(*passes)

    assert sum(len(outcome[member.scope.user_id].created) for outcome in outcomes) == 1


async def test_a_contact_deleted_while_a_pass_thinks_is_left_out(member, monkeypatch):
    gone, kept = await make_contact(member, "Ada"), await make_contact(member, "Ben")
    insert = queries_pass.insert_suggestions

    async def delete_then_insert(scopes, rows, *, now):
        assert {row["contact_id"] for row in rows} == {gone.id, kept.id}
        deletion = contacts.delete_contact(member.scope, gone.id, expected=None, now=MONDAY)
        await asyncio.create_task(deletion, context=Context())  # on a connection of its own
        await insert(scopes, rows, now=now)

    monkeypatch.setattr(queries_pass, "insert_suggestions", delete_then_insert)

    await generation.generate([member.scope], now=MONDAY)

    assert [found.contacts[0].id for found in await open_of(member)] == [kept.id]


async def test_busy_evening_is_left_alone(member):
    await service_import.import_file(
        member.scope, Upload(BytesIO(BUSY_EVENING), "choir.ics"), ImportQuery(), now=MONDAY
    )
    await make_contact(member)

    await generation.generate([member.scope], now=MONDAY)

    (found,) = await open_of(member)
    assert found.slot_start > MONDAY + timedelta(days=1)


async def test_slot_is_civil_where_the_contact_lives(member):
    await make_contact(member, "Kai", zone="Pacific/Auckland")

    await generation.generate([member.scope], now=MONDAY)

    (found,) = await open_of(member)
    # 18:00 in Berlin is 6:00 there; the evening's last two hours are civil in both.
    assert found.slot_start.astimezone(ZoneInfo("Pacific/Auckland")).hour == 8


async def test_shared_contact_is_suggested_to_one_member_only(member):
    housemate = await make_housemate(member, zone="Europe/Berlin")
    await make_contact(member, "Ben", visibility="household")

    await generation.generate([member.scope, housemate.scope], now=MONDAY)

    found = await open_of(member) + await open_of(housemate)
    assert len(found) == 1


async def test_one_members_talk_satisfies_the_shared_cadence(member):
    housemate = await make_housemate(member)
    ben = await make_contact(member, "Ben", visibility="household")
    await interactions.record_confirmed(
        housemate.scope, [ben.id], Kind.CALL, MONDAY - timedelta(days=1), None, now=MONDAY
    )

    await generation.generate([member.scope], now=MONDAY)

    assert await open_of(member) == []


async def test_close_friends_come_first(member):
    for number in range(6):
        await make_contact(member, f"Person {number}")
    friend = await make_contact(member, "Zoe")
    close = next(
        group
        for group in (await groups.list_groups(member.scope, GroupListQuery())).items
        if group.name == "Close Friends"
    )
    await groups.add_members(member.scope, close.id, [friend.id], now=MONDAY)

    await generation.generate([member.scope], now=MONDAY)

    best = max(await open_of(member), key=lambda found: found.score)
    assert best.contacts[0].name == "Zoe"


async def test_preference_limits_the_open_suggestions(member):
    for number in range(4):
        await make_contact(member, f"Person {number}")
    await preferences.put_notifications(
        member.scope, NotificationsIn(max_open_suggestions=2), expected=None, now=MONDAY
    )

    await generation.generate([member.scope], now=MONDAY)

    assert len(await open_of(member)) == 2


async def test_unanswered_suggestion_expires_when_its_slot_begins(member):
    await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (before,) = await open_of(member)

    await generation.generate([member.scope], now=before.slot_start)

    after = await service.get_suggestion(member.scope, before.id, now=before.slot_start)
    assert after.state == "expired"


async def test_accepted_suggestion_nobody_speaks_of_is_missed_after_a_week(member):
    await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (found,) = await open_of(member)
    await service.accept(member.scope, found.id, now=MONDAY)

    late = found.slot_end + timedelta(days=7)
    await generation.generate([member.scope], now=late)

    assert (await service.get_suggestion(member.scope, found.id, now=late)).state == "missed"


async def test_snoozed_suggestion_returns_as_the_same_with_a_fresh_slot(member):
    await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (found,) = await open_of(member)
    await service.snooze(member.scope, found.id, days=2, now=MONDAY)
    later = MONDAY + timedelta(days=2)

    too_early = await generation.generate([member.scope], now=later - timedelta(seconds=1))
    outcome = await generation.generate([member.scope], now=later)

    assert too_early[member.scope.user_id].woken == []
    assert outcome[member.scope.user_id].woken == [found.id]
    (back,) = await open_of(member, now=later)
    assert back.state == "pending"
    assert back.slot_start > later


async def test_snoozed_suggestion_ends_when_they_talked_meanwhile(member):
    ben = await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (found,) = await open_of(member)
    await service.snooze(member.scope, found.id, days=2, now=MONDAY)
    later = MONDAY + timedelta(days=2)
    await interactions.record_confirmed(
        member.scope, [ben.id], Kind.CALL, MONDAY + timedelta(days=1), None, now=later
    )

    await generation.generate([member.scope], now=later)

    assert (await service.get_suggestion(member.scope, found.id, now=later)).state == "expired"


async def test_birthday_prompts_without_being_due(member):
    ben = await make_contact(
        member, "Ben", dates=[{"kind": "birthday", "month": 3, "day": 9, "year": 1990}]
    )
    await interactions.record_confirmed(
        member.scope, [ben.id], Kind.CALL, MONDAY - timedelta(days=1), None, now=MONDAY
    )

    await generation.generate([member.scope], now=MONDAY)

    (found,) = await open_of(member)
    assert found.trigger == "important_date"
    assert found.reasons[0].text == "Ben's birthday is on 9 March: 36 years."


async def test_archived_contact_is_never_suggested(member):
    ben = await make_contact(member)
    await contacts.archive_contact(member.scope, ben.id, now=MONDAY)

    await generation.generate([member.scope], now=MONDAY)

    assert await open_of(member) == []


async def test_job_serves_every_user_and_is_safe_to_repeat(member, stranger):
    await make_contact(member)
    await make_contact(stranger)

    first = await jobs.generate_suggestions({})
    second = await jobs.generate_suggestions({})

    assert (first, second) == (2, 0)


async def test_pass_takes_the_same_statements_for_many_contacts(member, count_statements):
    for number in range(30):
        await make_contact(member, f"Person {number}")

    with count_statements() as counted:
        await generation.generate([member.scope], now=MONDAY)

    assert len(counted) <= 8, "\n".join(text[:60] for text in counted)


async def test_passes_at_once_count_everything_that_they_make(member, stranger):
    for each in (member, stranger):
        for number in range(2):
            await make_contact(each, f"Person {number}")

    outcomes = await asyncio.gather(
        *(generation.generate([each.scope], now=MONDAY) for each in (member, stranger))
    )

    made = sum(len(outcome.created) for each in outcomes for outcome in each.values())
    assert made > 0
    assert await db.fetch_value("SELECT sum(made) FROM suggestion_totals") == made


async def test_job_ends_what_is_over_for_everybody(member, stranger):
    for each in (member, stranger):
        await make_contact(each)
        await generation.generate([each.scope], now=MONDAY)
    late = MONDAY + timedelta(days=20)

    first = await generation.close_past_for_all(now=late)
    second = await generation.close_past_for_all(now=late)

    assert (first, second) == (2, 0)


async def test_job_after_an_import_serves_one_user(member, stranger):
    await make_contact(member)
    await make_contact(stranger)
    scope = {"household_id": str(member.scope.household_id), "user_id": str(member.scope.user_id)}

    assert await jobs.suggest_to_user({}, **scope) == 1
    assert await open_of(stranger) == []


async def test_snoozed_suggestion_sleeps_on_while_its_contact_is_paused(member):
    ben = await make_contact(member)
    await generation.generate([member.scope], now=MONDAY)
    (found,) = await open_of(member)
    await service.snooze(member.scope, found.id, days=2, now=MONDAY)
    later = MONDAY + timedelta(days=3)
    data = ContactPatch(paused_until=later + timedelta(days=7))
    await contacts.patch_contact(member.scope, ben.id, data, expected=None, now=MONDAY)

    await generation.generate([member.scope], now=later)

    assert (await service.get_suggestion(member.scope, found.id, now=later)).state == "snoozed"


async def test_batch_that_fails_keeps_no_other_one_waiting(member, stranger, monkeypatch):
    first, second = sorted((member, stranger), key=lambda each: each.scope.user_id)
    await make_contact(first)
    await make_contact(second)
    real = generation.generate

    async def failing(scopes, *, now):
        if first.scope in scopes:
            raise RuntimeError("a broken row")
        return await real(scopes, now=now)

    monkeypatch.setattr(generation, "generate", failing)
    monkeypatch.setattr(generation, "BATCH", 1)

    with pytest.raises(RuntimeError):
        await generation.generate_for_all(now=MONDAY)
    assert len(await open_of(second)) == 1
