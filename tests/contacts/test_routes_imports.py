from io import BytesIO

import pytest
from quart.datastructures import FileStorage

from server.app import create_app
from tests.contacts.vcard.cards import vcard

IMPORT = "/api/contacts/import"
ADA = vcard("EMAIL:ada@example.org")


async def send(client, member, content, content_type="text/vcard", **query):
    return await client.post(
        IMPORT,
        data=content,
        headers=member.headers | {"Content-Type": content_type},
        query_string=query,
    )


async def test_a_file_is_sent_as_the_body(client, member):
    reply = await send(client, member, ADA)

    body = await reply.get_json()
    assert (reply.status_code, body["created"], body["dry_run"]) == (200, 1, False)
    assert body["items"][0]["name"] == "Ada Lovelace"


async def test_a_file_is_sent_as_part_of_a_form(client, member):
    reply = await client.post(
        IMPORT, files={"file": FileStorage(BytesIO(ADA), "a.vcf")}, headers=member.headers
    )

    assert (await reply.get_json())["created"] == 1


async def test_a_dry_run_is_asked_for_in_the_query(client, member):
    reply = await send(client, member, ADA, dry_run="true")

    body = await reply.get_json()
    assert (body["id"], body["dry_run"], body["created"]) == (None, True, 1)
    contacts = await (await client.get("/api/contacts", headers=member.headers)).get_json()
    assert contacts["items"] == []


async def test_an_empty_file_is_refused(client, member):
    reply = await send(client, member, b"")

    assert (reply.status_code, (await reply.get_json())["code"]) == (400, "file_missing")


@pytest.mark.parametrize("content", [b"\n\n", b"\xef\xbb\xbf", b" "])
async def test_a_file_without_any_content_has_no_cards(client, member, content):
    reply = await send(client, member, content)

    assert (reply.status_code, (await reply.get_json())["code"]) == (400, "no_cards")


async def test_what_is_no_vcard_is_refused(client, member):
    reply = await send(client, member, b"name,phone\nBen,1\n")

    assert (reply.status_code, (await reply.get_json())["code"]) == (400, "no_cards")


async def test_a_file_over_the_limit_is_refused(database, member):
    client = create_app(database.model_copy(update={"max_import_bytes": 1000})).test_client()

    reply = await send(client, member, ADA + b" " * 1000)

    assert reply.status_code == 413


async def test_an_unknown_query_parameter_is_refused(client, member):
    assert (await send(client, member, ADA, dryrun="true")).status_code == 400


async def test_nobody_imports_without_signing_in(client):
    assert (await client.post(IMPORT, data=ADA)).status_code == 401


async def test_the_ledger_is_read_in_pages(client, member):
    done = await (await send(client, member, vcard(name="A") + vcard(name="B"))).get_json()
    path = f"/api/contacts/imports/{done['id']}"

    reply = await client.get(path, headers=member.headers, query_string={"limit": 1})
    first = await reply.get_json()
    reply = await client.get(
        path, headers=member.headers, query_string={"limit": 1, "cursor": first["next_cursor"]}
    )
    second = await reply.get_json()

    assert [first["items"][0]["name"], second["items"][0]["name"]] == ["A", "B"]
    assert second["next_cursor"] is None


async def test_a_strange_cursor_is_refused(client, member):
    done = await (await send(client, member, ADA)).get_json()

    reply = await client.get(
        f"/api/contacts/imports/{done['id']}",
        headers=member.headers,
        query_string={"cursor": "x"},
    )
    assert reply.status_code == 400


async def test_a_strangers_import_is_not_found(client, member, stranger):
    done = await (await send(client, member, ADA)).get_json()

    reply = await client.get(f"/api/contacts/imports/{done['id']}", headers=stranger.headers)
    assert reply.status_code == 404


async def test_an_export_is_a_file(client, member):
    await send(client, member, ADA)

    reply = await client.get("/api/contacts/export", headers=member.headers)

    assert reply.headers["Content-Type"] == "text/vcard; charset=utf-8"
    assert "attachment" in reply.headers["Content-Disposition"]
    assert "EMAIL:ada@example.org\r\n" in (await reply.get_data()).decode()
