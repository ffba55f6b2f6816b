from io import BytesIO

import pytest
from quart.datastructures import FileStorage

from server.app import create_app
from server.contacts import service_import_run
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


TABLE = b"wer,fon\nAda,1\n"


async def test_a_table_is_told_by_its_type(client, member):
    body = await (await send(client, member, b"Name\nAda\n", "text/csv")).get_json()

    assert (body["format"], body["created"]) == ("csv", 1)


@pytest.mark.parametrize("name", ["a.csv", "a", "a.CSV"])
async def test_a_table_is_told_by_its_name_or_content(client, member, name):
    file = FileStorage(BytesIO(b"Name,Phone\nAda,1\n"), name)
    reply = await client.post(IMPORT, files={"file": file}, headers=member.headers)

    assert (await reply.get_json())["format"] == "csv"


async def test_headers_that_nobody_knows_are_named_in_the_refusal(client, member):
    reply = await send(client, member, TABLE, "text/csv")

    body = await reply.get_json()
    assert (reply.status_code, body["code"]) == (400, "unknown_columns")
    assert "'wer', 'fon'" in body["detail"]
    assert "given_name" in body["detail"]
    assert body["errors"][0]["field"] == "mapping"


async def test_a_mapping_comes_in_the_query_or_in_the_form(client, member, stranger):
    mapping = '{"wer": "name", "fon": "phone:boat"}'
    in_query = await send(client, member, TABLE, "text/csv", mapping=mapping)
    in_form = await client.post(
        IMPORT,
        files={"file": FileStorage(BytesIO(TABLE), "a.csv")},
        form={"mapping": mapping},
        headers=stranger.headers,
    )

    for reply in (in_query, in_form):
        body = await reply.get_json()
        assert reply.status_code == 200, body["errors"]
        (item,) = body["items"]
        assert item["name"] == "Ada"
        assert item["changes"][1]["after"]["label"] == "boat"


@pytest.mark.parametrize("wish", ["phone:cell", "phone:boat"])
async def test_the_mapping_of_the_documentation_works(client, member, wish):
    mapping = f'{{"Handynummer": "{wish}"}}'
    reply = await send(client, member, b"Name,Handynummer\nAda,1\n", "text/csv", mapping=mapping)

    (item,) = (await reply.get_json())["items"]
    assert item["changes"][1]["after"]["label"] == wish.partition(":")[2]


async def test_a_mapping_of_a_column_that_is_not_there_is_refused(client, member):
    mapping = '{"Nmae": "name", "fon": "phone"}'
    reply = await send(client, member, b"Name,Fon\nAda,1\n", "text/csv", mapping=mapping)

    body = await reply.get_json()
    assert (reply.status_code, body["code"]) == (400, "unmatched_mapping")
    assert "no column 'Nmae'," in body["detail"]
    assert "'Name', 'Fon'" in body["detail"]
    assert body["errors"][0]["field"] == "mapping"


@pytest.mark.parametrize("mapping", ['{"1": "name", "3": "phone"}', '{"1": "name", "x": "phone"}'])
async def test_a_column_beyond_those_of_a_file_without_headers_is_refused(client, member, mapping):
    reply = await send(client, member, b"Ada,1\n", "text/csv", mapping=mapping)

    assert (await reply.get_json())["code"] == "unmatched_mapping"


@pytest.mark.parametrize(
    "mapping", ["{", "[]", '{"a": 1}', '{"a": "nonsense"}', '{"a\u0000": "name"}']
)
async def test_a_mapping_that_cannot_be_is_refused(client, member, mapping):
    in_query = await send(client, member, TABLE, "text/csv", mapping=mapping)
    in_form = await client.post(
        IMPORT,
        files={"file": FileStorage(BytesIO(TABLE), "a.csv")},
        form={"mapping": mapping},
        headers=member.headers,
    )

    for reply in (in_query, in_form):
        body = await reply.get_json()
        assert reply.status_code == 400
        assert body["errors"][0]["field"].split(".")[0] == "mapping"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"contacts": []}',
        b'{"format": "catchup-contacts", "version": 2, "contacts": []}',
        b'{"format": "catchup-contacts", "version": true, "contacts": []}',
        b'{"format": "catchup-contacts", "version": 1, "contacts": [{"name": NaN}]}',
        b'{"format": "catchup-contacts", "version": 1, "contacts": [{"name": "A"}',
        b'{"format": "catchup-contacts", "version": 1, "contacts": [{"name": "A"}]} x',
        b'{"format": "catchup-contacts", "version": 1, "contacts": ' + b"[" * 100_000,
        b"\xff\xfe\xfa",
    ],
)
async def test_json_that_is_no_export_is_refused_whole(client, member, content):
    reply = await send(client, member, content, "application/json")

    assert (reply.status_code, (await reply.get_json())["code"]) == (400, "bad_json")
    contacts = await (await client.get("/api/contacts", headers=member.headers)).get_json()
    assert contacts["items"] == []


async def test_a_contact_of_a_json_file_that_cannot_be_stored_fails_alone(client, member):
    content = (
        b'{"format": "catchup-contacts", "version": 1, "contacts": [\n{"name": "Ada"},\n'
        b'{"name": "B\\u0000"},\n{"name": "\\ud800"},\n{"name": "C", "mood": 1},\n7]}'
    )

    body = await (await send(client, member, content, "application/json")).get_json()
    assert [(item["outcome"], item["line"]) for item in body["items"]] == [
        ("created", 2),
        ("failed", 3),
        ("failed", 4),
        ("failed", 5),
        ("failed", 6),
    ]
    assert "mood" in body["items"][3]["reason"]


@pytest.mark.parametrize("content_type", ["text/csv", "text/vcard", "application/json"])
@pytest.mark.parametrize(
    "content", [b"\x00" * 5000, bytes(range(256)) * 20, b"Name\n" + b'"' * 5001, b"," * 5000]
)
async def test_no_content_breaks_an_import(client, member, content_type, content):
    assert (await send(client, member, content, content_type)).status_code in (200, 400)


async def test_a_dry_run_shows_its_further_lines_when_asked(client, member, monkeypatch):
    monkeypatch.setattr(service_import_run, "ITEMS_SHOWN", 2)
    content = b"Name\nA\nB\nC\n"
    first = await (await send(client, member, content, "text/csv", dry_run="true")).get_json()
    cursor = first["next_cursor"]
    reply = await send(client, member, content, "text/csv", dry_run="true", cursor=cursor)
    rest = await reply.get_json()

    assert [item["name"] for item in first["items"]] == ["A", "B"]
    assert ([item["name"] for item in rest["items"]], rest["next_cursor"]) == (["C"], None)
    assert (await send(client, member, content, "text/csv", cursor=cursor)).status_code == 400


async def test_an_import_is_taken_back_once(client, member):
    done = await (await send(client, member, ADA)).get_json()
    path = f"/api/contacts/imports/{done['id']}/undo"

    first = await client.post(path, headers=member.headers)
    second = await client.post(path, headers=member.headers)

    assert (first.status_code, (await first.get_json())["deleted"]) == (200, 1)
    assert (second.status_code, (await second.get_json())["code"]) == (409, "already_undone")


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("csv", "text/csv"), ("json", "application/json"), ("vcf", "text/vcard")],
)
async def test_an_export_says_its_type(client, member, kind, content_type):
    reply = await client.get(f"/api/contacts/export?format={kind}", headers=member.headers)

    assert reply.headers["Content-Type"] == f"{content_type}; charset=utf-8"
    assert f"contacts.{kind}" in reply.headers["Content-Disposition"]


@pytest.mark.parametrize("kind", ["csv", "json"])
async def test_only_a_vcard_is_exported_with_photos(client, member, kind):
    reply = await client.get(
        f"/api/contacts/export?format={kind}&photos=true", headers=member.headers
    )

    assert reply.status_code == 400
    assert (await reply.get_json())["errors"][0]["field"] == "photos"
