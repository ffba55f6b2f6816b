from server.contacts import service, service_export
from server.contacts.schemas import ContactPatch
from tests.contacts.factories import make_contact
from tests.contacts.imports import exported, import_card, import_file
from tests.contacts.vcard.cards import vcard
from tests.times import MONDAY


async def test_unknown_properties_come_back_with_parameters_and_group(member):
    await import_card(member, "item1.X-CUSTOM;X-P=1:a\\, b", "ROLE:Poet", "GEO:1.5;2.5")

    (card,) = await exported(member)
    kept = [(entry.group, entry.name, entry.params, entry.value) for entry in card.kept]
    assert kept == [
        ("item1", "X-CUSTOM", (("X-P", ("1",)),), "a\\, b"),
        ("", "ROLE", (), "Poet"),
        ("", "GEO", (), "geo:1.5,2.5"),
    ]


async def test_what_the_user_changed_is_exported_as_changed(member):
    ada = await import_card(member, "ORG:Engines;Analysis", "X-A:1")
    change = ContactPatch.model_validate({"organisation": "Looms"})
    await service.patch_contact(member.scope, ada.id, change, expected=None, now=MONDAY)

    (card,) = await exported(member)
    assert card.organisation == "Looms"
    assert "X-A" in [kept.name for kept in card.kept]


async def test_a_contact_made_by_hand_is_exported_under_its_id(member):
    ben = await make_contact(member, "Ben", phones=[{"value": "030 901820", "label": "Boat"}])

    (card,) = await exported(member)
    assert (card.name, card.uid) == ("Ben", f"urn:uuid:{ben.id}")
    assert [(point.value, point.label) for point in card.points] == [("030 901820", "Boat")]


async def test_archived_contacts_are_exported_too(member):
    ben = await make_contact(member, "Ben")
    await service.archive_contact(member.scope, ben.id, now=MONDAY)

    assert [card.name for card in await exported(member)] == ["Ben"]


async def test_an_export_goes_beyond_one_page_by_name(member, monkeypatch):
    monkeypatch.setattr(service_export, "PAGE", 2)
    await import_file(member, b"".join(vcard(name=name) for name in "ECADB"))

    assert [card.name for card in await exported(member)] == list("ABCDE")


async def test_a_strangers_contacts_are_not_exported(member, stranger):
    await make_contact(stranger, "Ben")

    assert await exported(member) == []


async def test_an_export_imported_elsewhere_says_the_same(member, stranger):
    await import_card(member, "TEL;TYPE=home:1", "BDAY:--0229", "CATEGORIES:chess", "X-A:1")
    text = "".join([part async for part in service_export.export_vcards(member.scope)])

    await import_file(stranger, text.encode())

    assert await exported(stranger) == await exported(member)
