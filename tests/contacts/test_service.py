import asyncio
from datetime import timedelta

import pytest

from server import db
from server.contacts import service
from server.contacts.schemas import ContactIn, ContactPatch
from server.errors import Conflict, NotFound, PreconditionFailed
from server.groups import service as groups
from server.groups.schemas import GroupIn
from server.interactions import service as interactions
from server.interactions.schemas import InteractionIn
from server.lib.ids import uuid7
from tests.contacts.factories import make_contact
from tests.factories import make_member
from tests.times import MONDAY

LATER = MONDAY + timedelta(days=1)


async def patch(member, contact, *, expected=None, **fields):
    data = ContactPatch.model_validate(fields)
    return (
        await service.patch_contact(member.scope, contact.id, data, expected=expected, now=LATER)
    ).read()


async def put(member, contact, **fields):
    data = ContactIn.model_validate(fields)
    return (
        await service.replace_contact(member.scope, contact.id, data, expected=None, now=LATER)
    ).read()


async def join_group(member, contact, **fields):
    group = await groups.create_group(member.scope, GroupIn(**fields), now=MONDAY)
    await groups.add_members(member.scope, group.id, [contact.id], now=MONDAY)
    return group


async def met(member, *contacts, at, **fields):
    data = {"contact_ids": [c.id for c in contacts], "kind": "call", "occurred_at": at, **fields}
    await interactions.create(member.scope, InteractionIn.model_validate(data), now=MONDAY)


async def test_a_national_phone_is_read_in_the_users_own_country(database):
    member = await make_member(zone="Europe/Lisbon")

    contact = await make_contact(member, phones=[{"value": "21 123 4567"}])

    assert contact.phones[0].normalised == "+351211234567"


async def test_notes_and_custom_fields_are_not_readable_in_the_database(member):
    contact = await make_contact(member, notes="secret plan", custom_fields={"pin": "1234"})

    row = await db.fetch_row("SELECT notes, custom_fields FROM contacts WHERE id = $1", contact.id)

    assert row is not None
    assert b"secret" not in row["notes"]
    assert b"1234" not in row["custom_fields"]


async def test_an_ambiguous_location_asks_which_place_is_meant(member):
    contact = await make_contact(member, location="Springfield")

    assert contact.zone is None
    assert contact.zone_question is not None
    assert contact.zone_question.reason == "ambiguous"
    assert {place.country for place in contact.zone_question.candidates} == {"US"}


async def test_the_answer_to_the_question_ends_it(member):
    contact = await make_contact(member, location="Springfield")

    answered = await patch(member, contact, zone="America/Chicago")

    assert (answered.zone, answered.zone_source) == ("America/Chicago", "given")
    assert answered.zone_question is None


async def test_a_new_location_gives_a_new_zone_and_reads_phones_anew(member):
    contact = await make_contact(member, location="Berlin", phones=[{"value": "21 123 4567"}])

    moved = await patch(member, contact, location="Lisbon, Portugal")

    assert moved.zone == "Europe/Lisbon"
    assert moved.phones[0].normalised == "+351211234567"


async def test_who_corrects_a_name_does_not_read_the_phones_as_their_own(member, housemate):
    contact = await make_contact(member, visibility="household", phones=[{"value": "030 901820"}])
    await db.execute(
        "UPDATE users SET zone = 'Europe/Lisbon' WHERE id = $1", housemate.scope.user_id
    )

    renamed = await patch(housemate, contact, name="Ana Silva")

    assert renamed.phones == contact.phones
    assert renamed.phones[0].normalised == "+4930901820"


async def test_a_given_zone_survives_a_new_location(member):
    contact = await make_contact(member, location="Berlin", zone="Asia/Tokyo")

    moved = await patch(member, contact, location="Lisbon, Portugal")

    assert (moved.zone, moved.zone_source) == ("Asia/Tokyo", "given")


async def test_a_zone_of_null_goes_back_to_the_location(member):
    contact = await make_contact(member, location="Lisbon, Portugal", zone="Asia/Tokyo")

    inferred = await patch(member, contact, zone=None)

    assert (inferred.zone, inferred.zone_source) == ("Europe/Lisbon", "inferred")


async def test_a_patch_leaves_alone_what_it_does_not_name(member):
    contact = await make_contact(
        member,
        nickname="Benny",
        notes="met in spring",
        phones=[{"value": "+49 30 901820", "label": "home"}],
        dates=[{"kind": "birthday", "month": 2, "day": 29}],
        custom_fields={"shoe size": 42},
        circle="inner",
    )

    patched = await patch(member, contact, organisation="ACME")

    assert patched.organisation == "ACME"
    assert patched.model_dump(exclude={"organisation", "updated_at", "version"}) == (
        contact.model_dump(exclude={"organisation", "updated_at", "version"})
    )


async def test_a_put_empties_what_it_does_not_name(member):
    contact = await make_contact(
        member,
        nickname="Benny",
        notes="met in spring",
        phones=[{"value": "+49 30 901820"}],
        dates=[{"kind": "birthday", "month": 2, "day": 29}],
        custom_fields={"shoe size": 42},
        circle="inner",
    )

    replaced = await put(member, contact, name="Benjamin")

    assert (replaced.nickname, replaced.notes, replaced.circle) == (None, None, None)
    assert (replaced.phones, replaced.dates, replaced.custom_fields) == ([], [], {})


async def test_an_edit_counts_the_version_and_the_time(member):
    contact = await make_contact(member)

    patched = await patch(member, contact, nickname="Benny")

    assert (patched.version, patched.created_at, patched.updated_at) == (2, MONDAY, LATER)


async def test_a_cadence_in_words_takes_the_days_back(member):
    contact = await make_contact(member, cadence_days=12)

    patched = await patch(member, contact, cadence="weekly")

    assert (patched.cadence, patched.cadence_days) == ("weekly", None)
    assert (patched.effective_cadence_days, patched.cadence_source) == (7, "contact")


async def test_the_cadence_is_inherited_from_circle_then_group_then_monthly(member):
    contact = await make_contact(member)
    seen = [(contact.effective_cadence_days, contact.cadence_source)]
    await join_group(member, contact, name="Climbers", cadence="yearly")
    await join_group(member, contact, name="Band", cadence_days=9)
    grouped = (await service.get_contact(member.scope, contact.id)).read()
    seen.append((grouped.effective_cadence_days, grouped.cadence_source))
    close = await patch(member, contact, circle="close")
    seen.append((close.effective_cadence_days, close.cadence_source))
    own = await patch(member, contact, cadence="none")
    seen.append((own.effective_cadence_days, own.cadence_source))

    assert seen == [(30, "default"), (9, "group"), (14, "circle"), (None, "contact")]


async def test_an_archived_group_gives_no_cadence(member):
    contact = await make_contact(member)
    await join_group(member, contact, name="Climbers", cadence="weekly", archived=True)

    read = (await service.get_contact(member.scope, contact.id)).read()

    assert (read.cadence_source, [group.name for group in read.groups]) == (
        "default",
        ["Climbers"],
    )


async def test_only_a_confirmed_interaction_counts_as_the_last_contact(member):
    contact = await make_contact(member)
    await met(member, contact, at=MONDAY - timedelta(days=9))
    await met(member, contact, at=MONDAY - timedelta(days=5))
    await met(member, contact, at=MONDAY - timedelta(days=2), state="happened")
    await met(member, contact, at=MONDAY + timedelta(days=2))

    read = (await service.get_contact(member.scope, contact.id)).read()

    assert read.last_contacted_at == MONDAY - timedelta(days=5)


async def test_an_edit_of_another_version_is_refused(member):
    contact = await make_contact(member)
    await patch(member, contact, nickname="Benny")

    with pytest.raises(PreconditionFailed):
        await patch(member, contact, nickname="Bennie", expected=1)


async def test_edits_at_the_same_time_lose_nothing(member):
    contact = await make_contact(member)

    await asyncio.gather(
        patch(member, contact, nickname="Benny"),
        patch(member, contact, phones=[{"value": "+49 30 901820"}]),
        patch(member, contact, notes="met in spring"),
    )

    read = (await service.get_contact(member.scope, contact.id)).read()
    assert (read.nickname, read.notes, len(read.phones)) == ("Benny", "met in spring", 1)
    assert read.version == 4


async def test_of_many_edits_of_one_version_exactly_one_wins(member):
    contact = await make_contact(member)

    outcomes = await asyncio.gather(
        *(patch(member, contact, nickname=f"Ben {n}", expected=1) for n in range(10)),
        return_exceptions=True,
    )

    losers = [o for o in outcomes if isinstance(o, (PreconditionFailed, Conflict))]
    assert len(losers) == 9
    assert (await service.get_contact(member.scope, contact.id)).read().version == 2


async def test_archiving_twice_keeps_the_first_time(member):
    contact = await make_contact(member)

    await service.archive_contact(member.scope, contact.id, now=MONDAY)
    archived = (await service.archive_contact(member.scope, contact.id, now=LATER)).read()

    assert archived.archived_at == MONDAY


async def test_restoring_takes_a_contact_back(member):
    contact = await make_contact(member)
    await service.archive_contact(member.scope, contact.id, now=MONDAY)

    assert (
        await service.restore_contact(member.scope, contact.id, now=LATER)
    ).read().archived_at is None


async def test_an_edit_leaves_an_archived_contact_archived(member):
    contact = await make_contact(member)
    await service.archive_contact(member.scope, contact.id, now=MONDAY)

    assert (await patch(member, contact, circle="inner")).archived_at == MONDAY


async def test_a_deleted_contact_is_gone_with_all_that_belongs_to_it(member):
    contact = await make_contact(
        member,
        phones=[{"value": "1"}],
        dates=[{"kind": "birthday", "month": 1, "day": 1}],
    )

    await service.delete_contact(member.scope, contact.id, expected=None, now=MONDAY)

    for table in ("contact_points", "contact_dates", "contact_settings"):
        assert await db.fetch_value(f"SELECT count(*) FROM {table}") == 0
    with pytest.raises(NotFound):
        await service.get_contact(member.scope, contact.id)


async def test_a_delete_of_another_version_is_refused(member):
    contact = await make_contact(member)
    await patch(member, contact, nickname="Benny")

    with pytest.raises(PreconditionFailed):
        await service.delete_contact(member.scope, contact.id, expected=1, now=MONDAY)


async def test_ids_that_are_not_visible_are_refused_together(member, stranger):
    mine, theirs = await make_contact(member), await make_contact(stranger)
    await service.require_visible(member.scope, [mine.id, mine.id])

    for unknown in (theirs.id, uuid7()):
        with pytest.raises(NotFound):
            await service.require_visible(member.scope, [mine.id, unknown])


async def test_reading_writing_and_listing_take_few_statements_however_large(member, statements):
    await make_contact(member)  # the household's keys are in memory from now on
    phones = [{"value": f"030 90182{n:02}"} for n in range(40)]
    dates = [{"kind": "other", "month": 1, "day": n + 1} for n in range(20)]

    statements.clear()
    contact = await make_contact(member, phones=phones, dates=dates)
    created = len(statements)
    statements.clear()
    await service.get_contact(member.scope, contact.id)
    read = len(statements)
    statements.clear()
    await patch(member, contact, nickname="Benny", phones=phones[:30])
    patched = len(statements)

    assert (created, read, patched) == (2, 1, 2)
