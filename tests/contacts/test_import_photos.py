"""Photos inside cards: taken in, given back, taken back."""

from base64 import b64encode
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from server import db
from server.contacts import service, service_photos, service_undo
from tests.contacts.imports import exported, exported_text, import_card, import_file, outcomes
from tests.contacts.vcard.cards import vcard
from tests.pictures import picture, stored
from tests.times import MONDAY

LATER = MONDAY + timedelta(days=1)
MUCH_LATER = MONDAY + timedelta(days=2)
JPEG = b64encode(picture()).decode()
PNG = b64encode(picture("PNG", (20, 20))).decode()
SVG = b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>").decode()
IN_3 = f"PHOTO;ENCODING=b;TYPE=JPEG:{JPEG}"
ADA = vcard("UID:ada", IN_3)


async def put(member, contact_id, *, now):
    file = BytesIO(picture())
    return await service_photos.put_photo(member.scope, contact_id, file, expected=None, now=now)


async def undo(member, done, *, now):
    return await service_undo.undo_import(member.scope, done.id, now=now)


async def photo_of(member, contact_id):
    return (await service.get_contact(member.scope, contact_id)).read().photo


@pytest.mark.parametrize(
    ("line", "version"),
    [
        (f"PHOTO;JPEG;ENCODING=BASE64:{JPEG}", "2.1"),
        (IN_3, "3.0"),
        (f"PHOTO:data:image/jpeg;base64,{JPEG}", "4.0"),
    ],
)
async def test_a_photo_in_a_card_is_the_contacts_photo_drawn_anew(member, line, version):
    contact = await import_card(member, line, version=version)

    assert contact.photo is not None
    assert (contact.photo.width, contact.photo.height) == (40, 30)
    photo = await service_photos.get_photo(member.scope, contact.id)
    assert photo.content != picture()
    with Image.open(BytesIO(photo.content)) as drawn:
        assert (drawn.format, drawn.size) == ("JPEG", (40, 30))
    assert [kept.name for card in await exported(member) for kept in card.kept] == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"PHOTO:data:image/svg+xml;base64,{SVG}", "not_an_image"),
        ("PHOTO:data:image/svg+xml,<svg/>", "not_an_image"),
        (f"PHOTO:data:image/jpeg;base64,{JPEG[:40]}", "not_an_image"),
    ],
)
async def test_what_is_no_picture_is_kept_aside_with_a_warning(member, line, code):
    (item,) = (await import_file(member, vcard(line, version="4.0"))).items

    assert (item.outcome, [warning.code for warning in item.warnings]) == ("created", [code])
    assert await photo_of(member, item.contact_id) is None
    (card,) = await exported(member)
    assert [kept.name for kept in card.kept] == ["PHOTO"]


async def test_a_picture_of_too_many_pixels_is_kept_aside_with_a_warning(member, monkeypatch):
    monkeypatch.setattr("server.contacts.photos.MOST_PIXELS", 100)

    (item,) = (await import_file(member, vcard(f"PHOTO;ENCODING=b:{PNG}"))).items

    assert [warning.code for warning in item.warnings] == ["too_many_pixels"]
    assert await stored(member) == []


async def test_a_photo_elsewhere_is_not_fetched(member):
    contact = await import_card(member, "PHOTO;VALUE=uri:http://127.0.0.1:1/a.jpg")

    assert contact.photo is None
    (card,) = await exported(member)
    assert [kept.value for kept in card.kept] == ["http://127.0.0.1:1/a.jpg"]


async def test_the_ledger_says_that_there_is_a_photo_and_not_which(member):
    (item,) = (await import_file(member, ADA)).items

    (change,) = (change for change in item.changes if change.field == "photo")
    assert (change.before, change.after) == (None, {"width": 40, "height": 30})


async def test_a_second_import_draws_nothing(member):
    await import_file(member, ADA)
    before = await stored(member)

    again = await import_file(member, ADA, now=LATER)

    assert outcomes(again) == ["unchanged"]
    assert await stored(member) == before


async def test_a_dry_run_foretells_the_photo_and_stores_none(member):
    (item,) = (await import_file(member, ADA, dry_run=True)).items

    assert "photo" in [change.field for change in item.changes]
    assert await stored(member) == []


async def test_a_changed_card_brings_a_photo_to_who_has_none(member):
    contact = await import_card(member, "UID:ada")

    done = await import_file(member, ADA, now=LATER)

    assert outcomes(done) == ["updated"]
    assert await photo_of(member, contact.id) is not None
    assert (await service.get_contact(member.scope, contact.id)).read().version == 2


async def test_an_import_leaves_the_photo_that_a_contact_has(member):
    contact = await import_card(member, "UID:ada")
    before = await put(member, contact.id, now=MONDAY)

    (item,) = (await import_file(member, ADA, now=LATER)).items

    assert [warning.code for warning in item.warnings] == ["has_photo"]
    assert await photo_of(member, contact.id) == before


async def test_of_two_cards_of_a_person_the_first_gives_the_photo(member):
    second = vcard("UID:ada", f"PHOTO;ENCODING=b;TYPE=PNG:{PNG}", "TITLE:Countess")

    done = await import_file(member, ADA + second)

    photo = await photo_of(member, done.items[0].contact_id)
    assert photo is not None
    assert photo.width == 40
    assert len(await stored(member)) == 1


async def test_ones_own_export_with_photos_changes_nothing(member):
    await import_file(member, ADA + vcard(name="Ben"))
    text = await exported_text(member)

    again = await import_file(member, text.encode(), now=LATER)

    assert outcomes(again) == ["unchanged", "unchanged"]
    assert [item.warnings for item in again.items] == [[], []]
    assert await exported_text(member) == text


async def test_an_export_has_photos_only_when_asked(member):
    await import_file(member, ADA)

    assert "PHOTO" not in await exported_text(member, photos=False)
    assert "PHOTO;X-CATCHUP-ID=" in await exported_text(member)


async def test_a_photo_comes_through_an_export_to_another_household(member, stranger):
    await import_file(member, ADA)

    (item,) = (await import_file(stranger, (await exported_text(member)).encode())).items

    assert item.warnings == []
    assert await photo_of(stranger, item.contact_id) is not None


async def test_an_undo_deletes_the_new_contact_with_its_photo(member):
    done = await import_file(member, ADA)

    undone = await undo(member, done, now=LATER)

    assert undone.deleted == 1
    assert await stored(member) == []


async def test_an_undo_takes_the_photo_from_a_contact_that_had_none(member):
    contact = await import_card(member, "UID:ada")
    done = await import_file(member, ADA, now=LATER)

    undone = await undo(member, done, now=MUCH_LATER)

    assert undone.restored == 1
    assert await photo_of(member, contact.id) is None
    assert await stored(member) == []


async def test_an_undo_leaves_a_photo_that_a_user_gave_since(member):
    contact = await import_card(member, "UID:ada")
    done = await import_file(member, ADA, now=LATER)
    theirs = await put(member, contact.id, now=MUCH_LATER)

    undone = await undo(member, done, now=MUCH_LATER)

    (item,) = undone.items
    assert item.undone is not None
    assert (item.undone.outcome, item.undone.kept_fields) == ("partly_restored", ["photo"])
    assert await photo_of(member, contact.id) == theirs


async def test_an_import_that_dies_gives_nobody_a_photo(member, monkeypatch):
    monkeypatch.setattr("server.contacts.service_imports.MOST_ENTRIES", 1)

    with pytest.raises(Exception, match="entries"):
        await import_file(member, ADA + vcard(name="Ben"))

    assert await db.fetch_value("SELECT count(*) FROM contacts") == 0
