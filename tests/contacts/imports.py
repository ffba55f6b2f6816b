"""Imports and exports for tests, through the service."""

from datetime import datetime
from io import BytesIO
from typing import Any

from server.contacts import service, service_export, service_imports
from server.contacts.schemas import ContactListQuery
from server.contacts.schemas_imports import ImportOut
from server.contacts.schemas_out import ContactOut
from server.contacts.vcard.card import Card
from server.contacts.vcard.read import read_cards
from tests.contacts.vcard.cards import vcard
from tests.factories import Member
from tests.times import MONDAY


async def import_file(
    member: Member, content: bytes, *, now: datetime = MONDAY, **wishes: Any
) -> ImportOut:
    """Import a file as `member`; `wishes` are those of service_imports.Wishes."""
    return await service_imports.import_file(
        member.scope, BytesIO(content), service_imports.Wishes(**wishes), now=now
    )


async def import_card(
    member: Member, *lines: str, now: datetime = MONDAY, **more: Any
) -> ContactOut:
    """Import one card of these lines; return its contact."""
    (item,) = (await import_file(member, vcard(*lines, **more), now=now)).items
    assert item.contact_id is not None, item
    return (await service.get_contact(member.scope, item.contact_id)).read()


async def names_of(member: Member) -> list[str]:
    """Return the names of all contacts that the member sees."""
    page = (await service.list_contacts(member.scope, ContactListQuery(), now=MONDAY)).read()
    return [contact.name for contact in page.items]


async def exported(member: Member) -> list[Card]:
    """Export the member's address book and read it again."""
    text = "".join([part async for part in service_export.export_vcards(member.scope)])
    return [card for card in read_cards(text.encode()) if isinstance(card, Card)]


async def exported_text(member: Member, *, photos: bool = True) -> str:
    """Export the member's address book as vCard text."""
    parts = service_export.export_vcards(member.scope, photos=photos)
    return "".join([part async for part in parts])


def outcomes(done: ImportOut) -> list[str]:
    """Return what became of each card, in order."""
    return [item.outcome for item in done.items]
