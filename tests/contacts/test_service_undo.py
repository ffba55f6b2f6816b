import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from server import db
from server.contacts import service, service_imports, service_undo
from server.contacts.schemas import ContactPatch
from server.contacts.schemas_imports import ImportListQuery, ImportPageQuery
from server.errors import Conflict, NotFound
from server.groups import service as groups
from server.groups import service_tags
from server.groups.schemas import GroupIn
from tests.contacts.factories import make_contact
from tests.contacts.imports import exported, import_file, names_of, outcomes
from tests.contacts.vcard.cards import vcard
from tests.interactions.talks import log
from tests.rows import insert_suggestion
from tests.times import MONDAY

LATER = MONDAY + timedelta(days=1)
MUCH_LATER = MONDAY + timedelta(days=2)
ADA = vcard("UID:ada", "TEL:1", "NOTE:Old", "BDAY:18151210", "CATEGORIES:chess")
CHANGED = vcard(
    "UID:ada",
    "TEL:2",
    "NOTE:New",
    "BDAY:18151211",
    "CATEGORIES:poetry",
    "X-A:1",
    name="Ada King",
)


async def undo(member, done, *, now=MUCH_LATER):
    return await service_undo.undo_import(member.scope, done.id, now=now)


async def patch(member, contact_id, **fields):
    return (
        await service.patch_contact(
            member.scope, contact_id, ContactPatch.model_validate(fields), expected=None, now=LATER
        )
    ).read()


def contact_id_of(done) -> UUID:
    contact_id = done.items[0].contact_id
    assert contact_id is not None
    return UUID(str(contact_id))


def said(undone):
    return [(item.undone.outcome, item.undone.code) for item in undone.items if item.undone]


async def test_contacts_that_an_import_made_go_with_their_tags(member):
    done = await import_file(member, ADA + vcard(name="Ben"))

    undone = await undo(member, done)

    assert (undone.deleted, undone.kept, undone.undone_at) == (2, 0, MUCH_LATER)
    assert said(undone) == [("deleted", None)] * 2
    assert await names_of(member) == []
    assert await db.fetch_value("SELECT count(*) FROM tags") == 0


async def test_contacts_that_an_import_changed_are_what_they_were(member):
    await import_file(member, ADA)
    before = await exported(member)
    done = await import_file(member, CHANGED, now=LATER)
    assert outcomes(done) == ["updated"]

    undone = await undo(member, done)

    assert said(undone) == [("restored", None)]
    assert await exported(member) == before


async def test_the_file_can_be_imported_again_after_an_undo(member):
    first = await import_file(member, ADA)
    changed = await import_file(member, CHANGED, now=LATER)
    after = await exported(member)
    await undo(member, changed)

    again = await import_file(member, CHANGED, now=MUCH_LATER + timedelta(hours=1))
    assert outcomes(again) == ["updated"]
    assert await exported(member) == after

    await undo(member, again, now=MUCH_LATER + timedelta(hours=2))
    await undo(member, first, now=MUCH_LATER + timedelta(hours=3))
    assert await names_of(member) == []
    assert outcomes(await import_file(member, ADA, now=MUCH_LATER + timedelta(days=1))) == [
        "created"
    ]


async def test_fields_that_the_user_changed_since_stay(member):
    first = await import_file(member, ADA)
    done = await import_file(member, CHANGED, now=LATER)
    ada_id = contact_id_of(first)
    await patch(member, ada_id, notes="Mine", title="Analyst")

    undone = await undo(member, done)

    assert said(undone) == [("partly_restored", "changed")]
    assert undone.items[0].undone.kept_fields == ["notes"]
    ada = (await service.get_contact(member.scope, ada_id)).read()
    assert (ada.name, ada.notes, ada.title) == ("Ada Lovelace", "Mine", "Analyst")
    assert [phone.value for phone in ada.phones] == ["1"]
    assert [date.day for date in ada.dates] == [10]
    assert [tag.name for tag in ada.tags] == ["chess"]


async def edited(member, contact_id):
    await patch(member, contact_id, title="Countess")


async def archived(member, contact_id):
    await service.archive_contact(member.scope, contact_id, now=LATER)


async def tagged(member, contact_id):
    await service_tags.tag_contact(member.scope, contact_id, "poet", now=LATER)


async def grouped(member, contact_id):
    group = await groups.create_group(member.scope, GroupIn(name="Choir"), now=LATER)
    await groups.add_members(member.scope, group.id, [contact_id], now=LATER)


async def talked(member, contact_id):
    await log(member, contact_id)


async def answered(member, contact_id):
    await insert_suggestion(member, contact_id, slot_start=LATER, state="accepted")


async def pictured(member, contact_id):
    await db.execute(
        """UPDATE contacts SET photo_id = id, photo_key = '', photo_width = 1, photo_height = 1,
            photo_at = $2 WHERE id = $1""",
        contact_id,
        LATER,
    )


@pytest.mark.parametrize(
    ("use", "code"),
    [
        (edited, "changed"),
        (archived, "changed"),
        (tagged, "tagged"),
        (grouped, "in_groups"),
        (pictured, "has_photo"),
        (talked, "has_interactions"),
        (answered, "has_suggestions"),
    ],
)
async def test_a_contact_that_was_used_since_is_kept(member, use, code):
    done = await import_file(member, ADA + vcard(name="Ben"))
    await use(member, done.items[0].contact_id)

    undone = await undo(member, done)

    assert said(undone) == [("kept", code), ("deleted", None)]
    assert [card.name for card in await exported(member)] == ["Ada Lovelace"]


async def test_a_suggestion_that_nobody_answered_keeps_no_contact(member):
    done = await import_file(member, ADA)
    await insert_suggestion(member, contact_id_of(done), slot_start=LATER, state="pending")

    assert said(await undo(member, done)) == [("deleted", None)]
    assert await db.fetch_value("SELECT count(*) FROM suggestions") == 0


async def test_an_edit_that_was_taken_back_is_none(member):
    done = await import_file(member, ADA)
    ada_id = contact_id_of(done)
    await patch(member, ada_id, title="Countess")
    await patch(member, ada_id, title=None)

    assert said(await undo(member, done)) == [("deleted", None)]


@pytest.mark.parametrize("batch", [1, 500])
async def test_a_contact_of_two_cards_goes_once(member, monkeypatch, batch):
    monkeypatch.setattr(service_imports, "BATCH", batch)
    monkeypatch.setattr(service_undo, "BATCH", batch)
    twice = vcard("EMAIL:a@b.example", "NOTE:one") + vcard("EMAIL:a@b.example", "NOTE:two")
    done = await import_file(member, twice)
    assert outcomes(done) == ["created", "updated"]

    assert said(await undo(member, done)) == [("deleted", None)] * 2
    assert await names_of(member) == []


@pytest.mark.parametrize("batch", [1, 500])
async def test_two_cards_that_changed_one_contact_are_both_taken_back(member, monkeypatch, batch):
    monkeypatch.setattr(service_imports, "BATCH", batch)
    monkeypatch.setattr(service_undo, "BATCH", batch)
    await import_file(member, vcard("EMAIL:a@b.example", "NOTE:zero"))
    before = await exported(member)
    twice = vcard("EMAIL:a@b.example", "NOTE:one") + vcard("EMAIL:a@b.example", "NOTE:two", "TEL:7")
    done = await import_file(member, twice, now=LATER)
    assert outcomes(done) == ["updated", "updated"]

    assert said(await undo(member, done)) == [("restored", None)] * 2
    assert await exported(member) == before


async def test_a_contact_deleted_since_is_told(member):
    done = await import_file(member, ADA)
    await service.delete_contact(member.scope, contact_id_of(done), expected=None, now=MONDAY)

    assert said(await undo(member, done)) == [("nothing", "gone")]


async def test_an_import_is_undone_once(member):
    done = await import_file(member, ADA)
    await undo(member, done)

    with pytest.raises(Conflict) as caught:
        await undo(member, done)
    assert caught.value.code == "already_undone"


@pytest.mark.parametrize("lines", [1, 2])
async def test_an_import_without_all_of_its_ledger_is_not_undone(member, lines):
    done = await import_file(member, ADA + vcard(name="Ben"))
    await db.execute("DELETE FROM import_items WHERE position <= $1", lines)

    with pytest.raises(Conflict) as caught:
        await undo(member, done)

    assert caught.value.code == "ledger_gone"
    assert await names_of(member) == ["Ada Lovelace", "Ben"]


async def test_an_import_that_changed_nothing_needs_no_ledger(member):
    await import_file(member, ADA)
    done = await import_file(member, ADA, now=LATER)
    await db.execute("DELETE FROM import_items")

    assert (await undo(member, done)).nothing == 1


async def test_two_undos_at_once_are_one(member):
    done = await import_file(member, ADA)

    results = await asyncio.gather(*[undo(member, done) for _ in range(8)], return_exceptions=True)

    codes = [getattr(result, "code", "done") for result in results]
    assert codes.count("done") == 1
    assert set(codes) <= {"done", "already_undone", "import_running"}


async def test_nobody_else_undoes_an_import(member, stranger, housemate):
    done = await import_file(member, ADA)

    for other in (stranger, housemate):
        with pytest.raises(NotFound):
            await undo(other, done)
    assert await names_of(member) == ["Ada Lovelace"]


async def test_the_ledger_says_what_an_undo_did(member):
    done = await import_file(member, ADA)
    await undo(member, done)

    assert done.id is not None
    again = await service_imports.get_import(member.scope, done.id, ImportPageQuery())
    assert (again.undone_at, said(again)) == (MUCH_LATER, [("deleted", None)])


async def test_the_audit_trail_counts_an_undo(member):
    await undo(member, await import_file(member, ADA))

    details = await db.fetch_value(
        "SELECT details FROM audit_entries WHERE action = 'contacts.import_undone'"
    )
    assert details == {"deleted": 1}


async def test_imports_are_listed_newest_first_in_pages(member, stranger):
    for day in range(3):
        await import_file(member, vcard(name=f"P{day}"), now=MONDAY + timedelta(days=day))
    await import_file(stranger, ADA)

    first = await service_imports.list_imports(member.scope, ImportListQuery(limit=2))
    rest = await service_imports.list_imports(
        member.scope, ImportListQuery(limit=2, cursor=first.next_cursor)
    )
    days = [each.created_at for each in (*first.items, *rest.items)]
    assert days == [MONDAY + timedelta(days=day) for day in (2, 1, 0)]
    assert rest.next_cursor is None


async def test_updates_by_hand_before_an_import_come_back(member):
    ben = await make_contact(member, "Ben", emails=[{"value": "ben@example.org"}], notes="Old")
    card = vcard("EMAIL:ben@example.org", "NOTE:New", name="Ben")
    done = await import_file(member, card, now=LATER)
    assert done.items[0].changes[0].model_dump() == {
        "field": "notes",
        "before": "Old",
        "after": "Old\n\nNew",
    }

    await undo(member, done)

    assert (await service.get_contact(member.scope, ben.id)).read().notes == "Old"
