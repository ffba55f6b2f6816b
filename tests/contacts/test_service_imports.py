from datetime import timedelta

import pytest

from server import db
from server.contacts import service, service_bulk, service_import_run, service_imports
from server.contacts.schemas import ContactPatch
from server.contacts.schemas_imports import ImportPageQuery
from server.errors import BadInput, NotFound
from tests.contacts.imports import (
    exported,
    import_card,
    import_file,
    names_of,
    outcomes,
)
from tests.contacts.vcard.cards import vcard
from tests.times import MONDAY

LATER = MONDAY + timedelta(days=1)
ADA = vcard("UID:ada", "TEL:+49 30 901820", "TITLE:Countess")
BEN = vcard("EMAIL:ben@example.org", name="Ben")
GROUP = vcard("KIND:group", version="4.0", name="Family")
NOBODY = vcard("REV:20240101T000000Z", name="")


async def count(table: str) -> int:
    return int(await db.fetch_value(f"SELECT count(*) FROM {table}"))


async def patch(member, contact, **fields):
    return (
        await service.patch_contact(
            member.scope, contact.id, ContactPatch.model_validate(fields), expected=None, now=MONDAY
        )
    ).read()


async def test_every_card_has_an_outcome(member):
    done = await import_file(member, ADA + GROUP + NOBODY + BEN)

    assert outcomes(done) == ["created", "skipped", "failed", "created"]
    assert [item.code for item in done.items] == [None, "group_card", "no_name", None]
    assert [item.line for item in done.items] == [1, 8, 13, 17]
    assert (done.total, done.created, done.skipped, done.failed) == (4, 2, 1, 1)
    assert await names_of(member) == ["Ada Lovelace", "Ben"]


async def test_a_second_import_changes_nothing(member):
    await import_file(member, ADA + BEN)
    before = await exported(member)

    again = await import_file(member, ADA + BEN, now=LATER)

    assert outcomes(again) == ["unchanged", "unchanged"]
    assert await exported(member) == before
    assert await db.fetch_value("SELECT max(version) FROM contacts") == 1


async def test_a_dry_run_foretells_the_outcomes(member):
    file = ADA + GROUP + BEN + BEN
    rehearsed = await import_file(member, file, dry_run=True)

    assert outcomes(rehearsed) == outcomes(await import_file(member, file))
    assert rehearsed.id is None


async def test_a_dry_run_stores_nothing(member):
    await import_file(member, ADA + vcard("CATEGORIES:chess", name="Eve"), dry_run=True)

    for table in ("contacts", "contact_points", "imports", "import_items", "tags"):
        assert await count(table) == 0


async def test_a_users_edits_survive_the_import_of_an_unchanged_card(member):
    ada = await import_card(member, "UID:ada", "TITLE:Countess")
    await patch(member, ada, title="Mathematician")

    await import_card(member, "UID:ada", "TITLE:Countess", now=LATER)

    assert (await service.get_contact(member.scope, ada.id)).read().title == "Mathematician"


async def there(member, item):
    assert item.contact_id is not None
    return (await service.get_contact(member.scope, item.contact_id)).read()


@pytest.mark.parametrize("kind", ["vcard", "csv"])
async def test_a_corrected_name_survives_the_second_import(member, kind):
    file = BEN if kind == "vcard" else b"Name,Phone\nBen,1\n"
    (item,) = (await import_file(member, file, format=kind)).items
    await patch(member, await there(member, item), name="Benedict")

    assert outcomes(await import_file(member, file, format=kind, now=LATER)) == ["unchanged"]
    assert await names_of(member) == ["Benedict"]


async def test_a_corrected_name_of_a_person_with_two_cards_survives(member):
    file = BEN + vcard("EMAIL:ben@example.org", "TEL:1", name="Ben")
    (item, _) = (await import_file(member, file)).items
    await patch(member, await there(member, item), name="Benedict")

    again = await import_file(member, file, now=LATER)

    assert outcomes(again) == ["unchanged", "unchanged"]
    assert await names_of(member) == ["Benedict"]


async def test_a_card_that_another_member_imported_is_not_theirs(member, housemate):
    await import_file(housemate, BEN)

    assert outcomes(await import_file(member, BEN)) == ["created"]


async def test_a_changed_card_updates_its_contact_by_uid(member):
    ada = await import_card(member, "UID:ada", "TEL:+49 30 901820", "NOTE:Old")

    done = await import_file(
        member, vcard("UID:ada", "TEL:+49 30 901821", name="Ada King"), now=LATER
    )

    assert (outcomes(done), done.items[0].contact_id) == (["updated"], ada.id)
    changed = (await service.get_contact(member.scope, ada.id)).read()
    assert (changed.name, changed.notes) == ("Ada King", "Old")
    assert [phone.value for phone in changed.phones] == ["+49 30 901820", "+49 30 901821"]


async def test_a_changed_card_brings_its_new_tags(member):
    await import_card(member, "UID:ada", "CATEGORIES:chess")

    ada = await import_card(member, "UID:ada", "CATEGORIES:chess,poetry", now=LATER)

    assert [tag.name for tag in ada.tags] == ["chess", "poetry"]
    assert await db.fetch_value("SELECT array_agg(DISTINCT source) FROM contact_tags") == ["import"]


async def test_name_and_phone_in_common_are_one_person_however_they_are_written(member):
    ada = await import_card(member, "TEL:030 901820")

    again = await import_card(member, "TEL:+49-30-901820", "TITLE:Countess", name="ADA  Lovelace")

    assert (again.id, again.title) == (ada.id, "Countess")


async def test_two_people_of_one_name_stay_two(member):
    done = await import_file(member, vcard("TEL:+49 30 901820") + vcard("TEL:+49 30 901821"))

    assert outcomes(done) == ["created", "created"]


async def test_cards_without_a_name_are_not_one_person(member):
    done = await import_file(member, vcard("NOTE:a", name="") + vcard("NOTE:b", name=""))

    assert outcomes(done) == ["created", "created"]
    assert [warning.code for item in done.items for warning in item.warnings] == ["no_name"] * 2


TWICE = (
    vcard("EMAIL:ada@example.org", "TITLE:Countess", "NOTE:one", "CATEGORIES:chess")
    + vcard("EMAIL:ada@example.org", "TEL:1", "TITLE:Mathematician", "NOTE:two", "X-B:2")
)  # fmt: skip


@pytest.mark.parametrize("batch", [1, 500])
async def test_two_cards_of_one_person_add_up(member, monkeypatch, batch):
    monkeypatch.setattr(service_imports, "BATCH", batch)

    done = await import_file(member, TWICE)

    assert outcomes(done) == ["created", "updated"]
    (card,) = await exported(member)
    assert (card.title, card.notes, card.categories) == ("Countess", "one\n\ntwo", ("chess",))
    assert [point.value for point in card.points] == ["ada@example.org", "1"]
    assert [(kept.name, kept.value) for kept in card.kept] == [
        ("TITLE", "Mathematician"),
        ("X-B", "2"),
    ]


@pytest.mark.parametrize("batch", [1, 500])
async def test_a_second_import_of_a_file_with_one_person_twice_changes_nothing(
    member, monkeypatch, batch
):
    monkeypatch.setattr(service_imports, "BATCH", batch)
    await import_file(member, TWICE)

    again = await import_file(member, TWICE, now=LATER)

    assert outcomes(again) == ["unchanged", "unchanged"]


@pytest.mark.parametrize("batch", [1, 500])
async def test_one_of_two_cards_of_a_person_can_change(member, monkeypatch, batch):
    monkeypatch.setattr(service_imports, "BATCH", batch)
    await import_file(member, TWICE)
    file = TWICE.replace(b"TITLE:Mathematician", b"TITLE:Author")

    changed = await import_file(member, file, now=LATER)
    again = await import_file(member, file, now=LATER + timedelta(days=1))

    assert outcomes(changed) == ["unchanged", "updated"]
    assert outcomes(again) == ["unchanged", "unchanged"]


async def test_categories_of_up_to_three_words_are_tags_and_others_are_kept(member):
    ada = await import_card(member, "CATEGORIES:chess,people from the old house,ski team")

    assert [tag.name for tag in ada.tags] == ["chess", "ski team"]
    (card,) = await exported(member)
    assert set(card.categories) == {"chess", "ski team", "people from the old house"}


async def test_another_users_contacts_are_not_matched(member, stranger):
    await import_file(member, ADA)

    assert outcomes(await import_file(stranger, ADA)) == ["created"]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_file_of_too_many_entries_is_refused_whole(member, monkeypatch, dry_run):
    monkeypatch.setattr(service_imports, "BATCH", 2)
    monkeypatch.setattr(service_imports, "MOST_ENTRIES", 3)
    cards = [vcard(name=name) for name in "ABCD"]

    with pytest.raises(BadInput) as caught:
        await import_file(member, b"".join(cards), dry_run=dry_run)

    assert caught.value.code == "too_many_entries"
    assert await names_of(member) == []
    assert (await import_file(member, b"".join(cards[:3]), dry_run=dry_run)).created == 3


async def test_a_file_without_a_card_is_refused(member):
    with pytest.raises(BadInput) as caught:
        await import_file(member, b"\r\n")

    assert caught.value.code == "no_cards"
    assert await count("imports") == 0


async def test_an_import_that_dies_in_the_middle_leaves_nothing(member, monkeypatch):
    monkeypatch.setattr(service_imports, "BATCH", 1)
    real = service_bulk.insert_contacts

    async def dies_at_ben(scope, contacts, *, now):
        if contacts and contacts[0].draft.name == "Ben":
            raise ConnectionResetError
        await real(scope, contacts, now=now)

    monkeypatch.setattr(service_import_run, "insert_contacts", dies_at_ben)
    with pytest.raises(ConnectionResetError):
        await import_file(member, ADA + BEN)

    for table in ("contacts", "imports", "import_items"):
        assert await count(table) == 0


async def test_the_ledger_comes_in_pages(member):
    done = await import_file(member, b"".join(vcard(name=f"P{n}") for n in range(5)))
    assert done.id is not None
    pages, cursor = [], None
    while True:
        query = ImportPageQuery(limit=2, cursor=cursor)
        page = await service_imports.get_import(member.scope, done.id, query)
        pages.append([item.name for item in page.items])
        cursor = page.next_cursor
        if cursor is None:
            break

    assert pages == [["P0", "P1"], ["P2", "P3"], ["P4"]]
    assert (page.total, page.created, page.dry_run) == (5, 5, False)


async def test_a_strangers_import_is_not_found(member, stranger, housemate):
    done = await import_file(member, ADA)
    assert done.id is not None

    for other in (stranger, housemate):
        with pytest.raises(NotFound):
            await service_imports.get_import(other.scope, done.id, ImportPageQuery())


async def test_the_ledger_is_encrypted_at_rest(member):
    await import_file(member, vcard("BDAY:tomorrow"))

    ledger = await db.fetch_value("SELECT ledger FROM import_items")
    assert b"Lovelace" not in ledger
    assert b"BDAY" not in ledger


async def test_the_audit_trail_counts_without_names(member):
    await import_file(member, ADA + BEN)

    details = await db.fetch_value(
        "SELECT details FROM audit_entries WHERE action = 'contacts.imported'"
    )
    assert details == {"created": 2}


async def test_a_phone_that_could_be_of_several_countries_is_kept_as_written_with_a_warning(member):
    card = vcard("TEL:(757) 555-0101", "TEL:757 555 0102", name="Eve")

    (item,) = (await import_file(member, card)).items

    assert [warning.code for warning in item.warnings] == ["unclear_phone"]
    assert item.contact_id
    contact = (await service.get_contact(member.scope, item.contact_id)).read()
    assert [(each.value, each.normalised) for each in contact.phones] == [
        ("(757) 555-0101", "+17575550101"),
        ("757 555 0102", None),
    ]
