import pytest

from server import db
from server.errors import BadInput, Conflict, Forbidden, NotFound, PreconditionFailed
from server.interactions import service
from server.interactions.rules import Kind, State
from server.lib.ids import uuid7
from tests.interactions.talks import HOUR, log, logged, patch, query
from tests.rows import insert_contact, insert_suggestion
from tests.times import MONDAY


async def test_a_past_one_is_confirmed_at_once(member):
    made = await log(member, await insert_contact(member))

    assert made.state is State.CONFIRMED


async def test_a_future_one_is_a_plan(member):
    made = await log(member, await insert_contact(member), at=MONDAY + HOUR)

    assert made.state is State.PLANNED


async def test_a_past_plan_stays_a_plan_until_somebody_confirms_it(member):
    made = await log(member, await insert_contact(member), state="planned")

    assert made.state is State.PLANNED


@pytest.mark.parametrize("state", ["happened", "confirmed"])
async def test_the_future_cannot_have_happened(member, state):
    contact = await insert_contact(member)

    with pytest.raises(BadInput) as refused:
        await log(member, contact, at=MONDAY + HOUR, state=state)

    assert (refused.value.code, refused.value.fields[0].field) == ("not_yet", "occurred_at")


async def test_several_people_take_part_each_once(member):
    ben, eva = await insert_contact(member), await insert_contact(member, name="Eva")

    made = await log(member, ben, eva, ben)

    assert made.contact_ids == sorted([ben, eva])


async def test_a_contact_of_another_household_is_not_found(member, stranger):
    theirs = await insert_contact(stranger, visibility="household")

    with pytest.raises(NotFound):
        await log(member, await insert_contact(member), theirs)


async def test_a_refused_one_leaves_nothing(member, stranger):
    with pytest.raises(NotFound):
        await log(member, await insert_contact(member), await insert_contact(stranger))

    assert await db.fetch_value("SELECT count(*) FROM interactions") == 0


async def test_a_housemates_private_contact_is_not_found(member, housemate):
    theirs = await insert_contact(housemate)

    with pytest.raises(NotFound):
        await log(member, theirs)


async def test_a_housemates_shared_contact_can_take_part(member, housemate):
    shared = await insert_contact(housemate, visibility="household")

    assert (await log(member, shared)).contact_ids == [shared]


async def test_notes_come_back_but_are_not_readable_in_the_database(member):
    made = await log(member, await insert_contact(member), notes="She told me of the move.")

    stored = await db.fetch_value("SELECT notes FROM interactions WHERE id = $1", made.id)
    assert made.notes == "She told me of the move."
    assert b"move" not in stored


async def test_a_private_one_is_hidden_from_the_household(member, housemate):
    shared = await insert_contact(member, visibility="household")
    made = await log(member, shared)

    with pytest.raises(NotFound):
        await service.get(housemate.scope, made.id)


async def test_a_shared_one_names_its_author_to_the_household(member, housemate):
    shared = await insert_contact(member, visibility="household")
    made = await log(member, shared, visibility="household")

    assert (await service.get(housemate.scope, made.id)).user_id == member.scope.user_id


async def test_a_shared_one_does_not_show_the_authors_private_contacts(member, housemate):
    shared = await insert_contact(member, visibility="household")
    secret = await insert_contact(member, name="Secret")
    made = await log(member, shared, secret, visibility="household")

    assert (await service.get(housemate.scope, made.id)).contact_ids == [shared]


async def test_a_list_of_a_housemates_private_contact_is_not_found(member, housemate):
    secret = await insert_contact(member)
    await log(member, secret, visibility="household")

    with pytest.raises(NotFound):
        await service.list_page(housemate.scope, query(), contact_id=secret)


@pytest.mark.parametrize(
    ("visibility", "refused"), [("household", Forbidden), ("private", NotFound)]
)
async def test_only_the_author_changes_or_deletes_one(member, housemate, visibility, refused):
    shared = await insert_contact(member, visibility="household")
    made = await log(member, shared, visibility=visibility)

    with pytest.raises(refused):
        await service.change(
            housemate.scope, made.id, patch(kind="text"), expected=None, now=MONDAY
        )
    with pytest.raises(refused):
        await service.replace(housemate.scope, made.id, logged(shared), expected=None, now=MONDAY)
    with pytest.raises(refused):
        await service.confirm(housemate.scope, made.id, now=MONDAY)
    with pytest.raises(refused):
        await service.delete(housemate.scope, made.id, expected=None)


async def test_replacing_clears_the_notes_that_are_left_out(member):
    contact = await insert_contact(member)
    made = await log(member, contact, notes="Old.")

    replaced = await service.replace(
        member.scope, made.id, logged(contact), expected=None, now=MONDAY
    )

    assert replaced.notes is None


async def test_replacing_sets_who_took_part(member):
    ben, eva = await insert_contact(member), await insert_contact(member, name="Eva")
    made = await log(member, ben)

    replaced = await service.replace(member.scope, made.id, logged(eva), expected=None, now=MONDAY)

    assert replaced.contact_ids == [eva]


async def test_a_patch_leaves_the_rest_alone(member):
    contact = await insert_contact(member)
    made = await log(member, contact, notes="Kept.")

    changed = await service.change(
        member.scope, made.id, patch(kind="text"), expected=None, now=MONDAY
    )

    assert (changed.kind, changed.notes, changed.contact_ids) == (Kind.TEXT, "Kept.", [contact])


async def test_a_patch_clears_notes_with_null(member):
    made = await log(member, await insert_contact(member), notes="Old.")

    changed = await service.change(
        member.scope, made.id, patch(notes=None), expected=None, now=MONDAY
    )

    assert changed.notes is None


async def test_a_confirmed_one_cannot_move_into_the_future(member):
    made = await log(member, await insert_contact(member))
    later = patch(occurred_at=MONDAY + HOUR)

    with pytest.raises(BadInput, match="future"):
        await service.change(member.scope, made.id, later, expected=None, now=MONDAY)


async def test_every_edit_counts_the_version_up(member):
    made = await log(member, await insert_contact(member))

    changed = await service.change(
        member.scope, made.id, patch(kind="text"), expected=1, now=MONDAY + HOUR
    )

    assert (changed.version, changed.updated_at) == (2, MONDAY + HOUR)


@pytest.mark.parametrize("method", ["replace", "change", "delete"])
async def test_another_version_is_refused(member, method):
    contact = await insert_contact(member)
    made = await log(member, contact)
    calls = {
        "replace": lambda: service.replace(
            member.scope, made.id, logged(contact), expected=2, now=MONDAY
        ),
        "change": lambda: service.change(
            member.scope, made.id, patch(kind="text"), expected=2, now=MONDAY
        ),
        "delete": lambda: service.delete(member.scope, made.id, expected=2),
    }

    with pytest.raises(PreconditionFailed):
        await calls[method]()


async def test_a_deleted_one_is_gone(member):
    made = await log(member, await insert_contact(member))

    await service.delete(member.scope, made.id, expected=None)

    with pytest.raises(NotFound):
        await service.get(member.scope, made.id)


async def test_a_plan_can_be_confirmed_once_it_is_over(member):
    made = await log(member, await insert_contact(member), at=MONDAY + HOUR)

    confirmed = await service.confirm(member.scope, made.id, now=MONDAY + HOUR)

    assert confirmed.state is State.CONFIRMED


async def test_confirming_twice_changes_nothing(member):
    made = await log(member, await insert_contact(member), state="happened")
    once = await service.confirm(member.scope, made.id, now=MONDAY)

    assert await service.confirm(member.scope, made.id, now=MONDAY + HOUR) == once


async def test_the_future_cannot_be_confirmed(member):
    made = await log(member, await insert_contact(member), at=MONDAY + HOUR)

    with pytest.raises(Conflict) as refused:
        await service.confirm(member.scope, made.id, now=MONDAY)

    assert refused.value.code == "not_yet"


async def test_recording_joins_the_callers_transaction(member):
    contact = await insert_contact(member)

    async def record_and_fail():
        async with db.transaction():
            await service.record_confirmed(
                member.scope, [contact], Kind.HANGOUT, MONDAY, None, now=MONDAY
            )
            raise RuntimeError("the caller fails")

    with pytest.raises(RuntimeError):
        await record_and_fail()

    assert await db.fetch_value("SELECT count(*) FROM interactions") == 0


async def test_recording_names_the_suggestion_that_it_came_of(member):
    contact = await insert_contact(member)
    suggestion = await insert_suggestion(member, contact)

    made = await service.record_confirmed(
        member.scope, [contact], Kind.HANGOUT, MONDAY, suggestion, now=MONDAY
    )

    found = await service.get(member.scope, made)
    assert (found.suggestion_id, found.state) == (suggestion, State.CONFIRMED)


async def test_recording_refuses_the_future(member):
    contact = await insert_contact(member)

    with pytest.raises(BadInput):
        await service.record_confirmed(
            member.scope, [contact], Kind.CALL, MONDAY + HOUR, None, now=MONDAY
        )


async def test_one_that_is_about_nobody_any_more_goes_with_its_last_contact(member):
    contact = await insert_contact(member)
    made = await log(member, contact, notes="About Ben.")

    await db.execute("DELETE FROM contacts WHERE id = $1", contact)

    with pytest.raises(NotFound):
        await service.get(member.scope, made.id)


async def test_one_with_others_left_outlives_a_deleted_contact(member):
    ben, eva = await insert_contact(member), await insert_contact(member, name="Eva")
    made = await log(member, ben, eva)

    await db.execute("DELETE FROM contacts WHERE id = $1", ben)

    assert (await service.get(member.scope, made.id)).contact_ids == [eva]


async def test_an_unknown_one_is_not_found(member):
    with pytest.raises(NotFound):
        await service.get(member.scope, uuid7())
