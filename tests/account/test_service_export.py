"""What a person gets of theirs, and what not."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest

from server import db
from server.account import service_export
from server.account.columns import EXPORTED, TABLES
from server.contacts import service_photos
from server.errors import ProviderError
from tests.factories import Member
from tests.owned import own_one_of_each
from tests.rows import insert_contact, make
from tests.times import MONDAY

NOTE = "She moved to Łódź in May; ask about the cello."


async def exported(member: Member, wanted: service_export.Format) -> bytes:
    parts = await service_export.export(member.scope, wanted, now=MONDAY)
    return b"".join([part async for part in parts])


async def exported_json(member: Member) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(await exported(member, "json"))
    return whole


async def exported_zip(member: Member, wanted: service_export.Format = "zip") -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(await exported(member, wanted)))
    assert archive.testzip() is None
    return archive


def rows_of(archive: zipfile.ZipFile, table: str) -> list[dict[str, str]]:
    text = archive.read(f"tables/{table}.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
async def contact(client, member) -> dict[str, Any]:
    body = {"name": "Zofia", "notes": NOTE, "custom_fields": {"cat": "Mruczek"}}
    reply = await client.post("/api/contacts", json=body, headers=member.headers)
    made: dict[str, Any] = await reply.get_json()
    return made


async def test_the_json_has_every_table_with_a_row_of_mine(client, member):
    await own_one_of_each(client, member)
    for table in ("api_tokens", "availability", "contact_settings"):
        await make(table, member)

    tables = (await exported_json(member))["tables"]

    assert list(tables) == list(EXPORTED)
    for table, rows in tables.items():
        mine = await db.fetch_value(
            f"SELECT count(*) FROM {table} WHERE {EXPORTED[table].mine}",
            *([member.scope.household_id, member.scope.user_id][: 1 + ("$2" in mine_of(table))]),
        )
        assert len(rows) == mine, table
        assert all(tuple(row) == EXPORTED[table].exported for row in rows), table


def mine_of(table: str) -> str:
    return EXPORTED[table].mine or ""


async def test_encrypted_columns_are_open(member, contact):
    (row,) = (await exported_json(member))["tables"]["contacts"]

    assert (row["notes"], row["custom_fields"]) == (NOTE, {"cat": "Mruczek"})


async def test_what_others_own_is_not_in_it(client, member, housemate, stranger):
    for other in (housemate, stranger):
        await insert_contact(other, name="Somebody Else", visibility="household")

    for wanted in ("json", "csv", "zip"):
        whole = await exported(member, wanted)
        assert b"Somebody Else" not in whole
    archive = await exported_zip(member)
    assert not any(b"Somebody Else" in archive.read(name) for name in archive.namelist())


async def test_the_reasons_for_what_is_missing_are_in_it(member):
    whole = await exported_json(member)

    assert whole["withheld"] == {name: dict(rule.withheld) for name, rule in TABLES.items()}


async def test_the_tables_of_a_zip_say_what_the_json_says(member, contact):
    archive = await exported_zip(member)

    whole = json.loads(archive.read("account.json"))
    for table, rows in whole["tables"].items():
        assert len(rows_of(archive, table)) == len(rows), table
    assert rows_of(archive, "contacts")[0]["notes"] == NOTE
    assert "FN:Zofia" in archive.read("contacts.vcf").decode()


async def test_a_csv_export_holds_tables_only(member, contact):
    archive = await exported_zip(member, "csv")

    assert {name.partition("/")[0] for name in archive.namelist()} == {"tables"}


async def test_no_cell_is_a_formula(client, member):
    for text in ("=1+1", "+1", "@SUM(A1)", "\t=1+1", "-2+3"):
        await insert_contact(member, name="Eve", organisation=text)

    found = [row["organisation"] for row in rows_of(await exported_zip(member), "contacts")]

    assert len(found) == 5
    assert all(cell.startswith("'") for cell in found)


async def test_a_zip_has_the_photos(client, member):
    ids = await own_one_of_each(client, member)

    archive = await exported_zip(member)

    assert archive.read(f"photos/{ids['contact']}.jpg").startswith(b"\xff\xd8")


async def test_a_photo_that_the_store_does_not_give_is_named(client, member, monkeypatch):
    ids = await own_one_of_each(client, member)

    async def refuse(*_: Any) -> None:
        raise ProviderError("away", retryable=True, code="storage_unavailable")

    monkeypatch.setattr(service_photos, "get_photo", refuse)
    archive = await exported_zip(member)

    assert archive.read("photos/missing.csv").decode().splitlines() == [
        "contact_id,code",
        f"{ids['contact']},storage_unavailable",
    ]


@pytest.mark.parametrize("wanted", ["json", "csv", "zip"])
async def test_every_page_is_read_and_no_part_grows_with_the_account(member, monkeypatch, wanted):
    monkeypatch.setattr(service_export, "PAGE", 7)
    for number in range(40):
        await insert_contact(member, name=f"Person {number:02}", organisation="x" * 200)

    parts = [part async for part in await service_export.export(member.scope, wanted, now=MONDAY)]

    assert max(map(len, parts)) < 20_000
    if wanted == "json":
        rows = json.loads(b"".join(parts))["tables"]["contacts"]
    else:
        rows = rows_of(zipfile.ZipFile(io.BytesIO(b"".join(parts))), "contacts")
    assert sorted(row["name"] for row in rows) == [f"Person {n:02}" for n in range(40)]


async def test_an_export_is_in_the_audit_trail(member):
    await exported(member, "csv")

    row = await db.fetch_row(
        """SELECT actor_id, subject_id, details FROM audit_entries
            WHERE action = 'account.exported'"""
    )
    assert row is not None
    assert dict(row) == {
        "actor_id": member.scope.user_id,
        "subject_id": member.scope.user_id,
        "details": {"contacts": 0, "format": "csv"},
    }
