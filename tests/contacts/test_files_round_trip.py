"""Export, an empty household, import, export again: the same, as far as each format carries."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from server.contacts import service, service_export
from server.contacts.schemas import ContactPatch
from server.groups import service as groups
from server.groups import service_tags
from server.groups.schemas import GroupIn
from tests.contacts.factories import make_contact
from tests.contacts.imports import import_file, outcomes
from tests.contacts.vcard.cards import vcard
from tests.times import MONDAY

LATER = MONDAY + timedelta(days=1)
FORMATS = {"vcf": "vcard", "csv": "csv", "json": "json"}
each_format = pytest.mark.parametrize("kind", FORMATS)
RICH: dict[str, Any] = {
    "nickname": "Countess",
    "organisation": "Engines",
    "title": "=Analyst",
    "location": "London, United Kingdom",
    "zone": "Europe/London",
    "notes": 'First line\n+second line, with "quotes"; and more',
    "custom_fields": {"shoe": 38, "likes tea": True, "size": 1.5, "empty": "", "=cmd": "@x"},
    "phones": [
        {"value": "+44 20 7946 0000", "label": "work", "preferred": True},
        {"value": "020 7946 0001", "label": "* boat"},
    ],
    "emails": [{"value": "ada@example.org", "label": "home", "confirmed_at": MONDAY.isoformat()}],
    "addresses": [{"street": "1 Street", "locality": "London", "country": "United Kingdom"}],
    "links": [{"value": "https://example.org/?a=1,2;3"}],
    "socials": [{"value": "@ada", "label": "mastodon"}],
    "dates": [
        {"kind": "birthday", "year": 1815, "month": 12, "day": 10},
        {"kind": "anniversary", "month": 7, "day": 8},
        {"kind": "other", "label": "Met", "year": 1833, "month": 6, "day": 5},
    ],
    "circle": "inner",
    "cadence_days": 12,
    "preferred_way": "remote",
    "visibility": "household",
}


async def export(member, kind) -> str:
    parts = await service_export.export(member.scope, kind, now=MONDAY)
    return "".join([part async for part in parts])


async def import_text(member, kind, text, **more):
    return await import_file(member, text.encode(), format=FORMATS[kind], now=LATER, **more)


def comparable(kind, text):
    """Leave out when a contact was made here and there, and the order of people of one name."""
    if kind == "csv":
        return sorted(csv.reader(io.StringIO(text)))
    if kind == "vcf":
        return sorted(text.split("BEGIN:VCARD"))
    records = json.loads(text)["contacts"]
    here = [{k: v for k, v in r.items() if k not in ("created_at", "updated_at")} for r in records]
    return sorted(here, key=lambda record: record["uid"])


async def fill(member):
    ada = await make_contact(member, "Ada Lovelace", **RICH)
    await make_contact(member, "Ben", never_suggest=True)
    await import_file(member, vcard("UID:eve", "X-A;X-B=c:1", "CATEGORIES:chess", name="Eve"))
    archived = await make_contact(member, "Zoë O'Neil")
    await service.archive_contact(member.scope, archived.id, now=MONDAY)
    await service_tags.tag_contact(member.scope, ada.id, "a, b", now=MONDAY)
    choir = await groups.create_group(member.scope, GroupIn(name="Choir"), now=MONDAY)
    await groups.add_members(member.scope, choir.id, [ada.id], now=MONDAY)
    return ada


@each_format
async def test_an_export_imported_into_an_empty_household_is_exported_the_same(
    member, stranger, kind
):
    await fill(member)
    before = await export(member, kind)

    done = await import_text(stranger, kind, before)

    assert outcomes(done) == ["created"] * 4
    assert comparable(kind, await export(stranger, kind)) == comparable(kind, before)


@each_format
async def test_ones_own_export_changes_nothing(member, kind):
    await fill(member)
    text = await export(member, kind)

    done = await import_text(member, kind, text)

    assert outcomes(done) == ["unchanged"] * 4, [item.changes for item in done.items]
    assert comparable(kind, await export(member, kind)) == comparable(kind, text)


@each_format
async def test_a_contact_with_an_address_and_no_location_has_none_afterwards(
    member, stranger, kind
):
    await make_contact(member, "Ada", addresses=[{"locality": "London", "country": "UK"}])
    text = await export(member, kind)

    assert outcomes(await import_text(member, kind, text)) == ["unchanged"]
    (there,) = (await import_text(stranger, kind, text)).items
    assert there.contact_id is not None
    assert (await service.get_contact(stranger.scope, there.contact_id)).read().location is None


async def test_an_address_written_in_lines_changes_nothing_and_comes_back(member, stranger):
    await make_contact(member, "Ada", addresses=[{"value": "1 Street\nLeeds"}])
    text = await export(member, "vcf")

    assert outcomes(await import_text(member, "vcf", text)) == ["unchanged"]
    await import_text(stranger, "vcf", text)
    assert await export(stranger, "vcf") == text


@pytest.mark.parametrize("kind", ["csv", "json"])
async def test_a_contact_in_groups_without_tags_joins_them_again(member, stranger, kind):
    ben = await make_contact(member, "Ben")
    choir = await groups.create_group(member.scope, GroupIn(name="Choir"), now=MONDAY)
    await groups.add_members(member.scope, choir.id, [ben.id], now=MONDAY)

    (there,) = (await import_text(stranger, kind, await export(member, kind))).items
    assert there.contact_id is not None
    found = (await service.get_contact(stranger.scope, there.contact_id)).read()
    assert [group.name for group in found.groups] == ["Choir"]


@each_format
async def test_the_export_of_what_others_share_changes_nothing(member, housemate, kind):
    await make_contact(housemate, "Ada", visibility="household")
    text = await export(member, kind)

    assert outcomes(await import_text(member, kind, text)) == ["unchanged"]


@each_format
async def test_what_was_edited_since_an_export_survives_its_import(member, kind):
    ben = await make_contact(member, "Ben", title="Poet")
    text = await export(member, kind)
    await import_text(member, kind, text)
    await service.patch_contact(
        member.scope, ben.id, ContactPatch(title="Cook"), expected=None, now=MONDAY
    )

    assert outcomes(await import_text(member, kind, text)) == ["unchanged"]
    assert (await service.get_contact(member.scope, ben.id)).read().title == "Cook"


async def test_a_json_export_holds_what_the_other_formats_cannot(member, stranger):
    await fill(member)
    await import_text(stranger, "json", await export(member, "json"))

    records = {r["name"]: r for r in json.loads(await export(stranger, "json"))["contacts"]}
    ada, eve = records["Ada Lovelace"], records["Eve"]
    assert ada["points"][2]["confirmed_at"] == MONDAY.isoformat()
    assert (ada["groups"], ada["tags"]) == (["Choir"], ["a, b"])
    assert ada["custom_fields"] == RICH["custom_fields"]
    assert eve["kept_properties"][-1]["name"] == "X-A"
    assert records["Zoë O'Neil"]["settings"]["archived_at"] == MONDAY.isoformat()
