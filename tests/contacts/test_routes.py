import pytest

from tests.contacts.factories import make_contact


async def test_a_contact_is_made_read_changed_and_deleted(client, member):
    made = await client.post(
        "/api/contacts", headers=member.headers, json={"name": "Ana", "location": "Lisbon"}
    )
    contact = await made.get_json()
    url = f"/api/contacts/{contact['id']}"
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')

    read = await client.get(url, headers=member.headers)
    assert (read.status_code, await read.get_json()) == (200, contact)

    patched = await client.patch(url, headers=member.headers, json={"nickname": "Annie"})
    assert (patched.status_code, patched.headers["ETag"]) == (200, '"2"')

    replaced = await client.put(url, headers=member.headers, json={"name": "Anna"})
    assert (await replaced.get_json())["nickname"] is None

    deleted = await client.delete(url, headers=member.headers)
    assert (deleted.status_code, await deleted.get_data()) == (204, b"")
    assert (await client.get(url, headers=member.headers)).status_code == 404


async def test_lists_leave_notes_and_custom_fields_out(client, member):
    await make_contact(member, notes="long story", custom_fields={"k": "v"}, circle="inner")

    reply = await client.get("/api/contacts", headers=member.headers)

    [item] = (await reply.get_json())["items"]
    assert not {"notes", "custom_fields"} & set(item)
    assert {"phones", "tags", "groups", "circle"} <= set(item)


@pytest.mark.parametrize("verb", ["archive", "restore"])
async def test_archive_and_restore_answer_the_contact(client, member, verb):
    contact = await make_contact(member)

    reply = await client.post(f"/api/contacts/{contact.id}/{verb}", headers=member.headers)

    assert reply.status_code == 200
    assert ((await reply.get_json())["archived_at"] is not None) == (verb == "archive")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
async def test_an_edit_of_another_version_answers_412(client, member, method):
    contact = await make_contact(member)
    body = {} if method == "delete" else {"json": {"name": "Ana"}}

    reply = await getattr(client, method)(
        f"/api/contacts/{contact.id}", headers=member.headers | {"If-Match": '"7"'}, **body
    )

    assert (reply.status_code, (await reply.get_json())["code"]) == (412, "precondition_failed")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("put", ""),
        ("patch", ""),
        ("delete", ""),
        ("post", "/archive"),
        ("post", "/restore"),
    ],
)
async def test_another_households_contact_is_not_found(client, member, stranger, method, path):
    contact = await make_contact(member)
    body = {"json": {"name": "Ana"}} if method in ("put", "patch") else {}

    reply = await getattr(client, method)(
        f"/api/contacts/{contact.id}{path}", headers=stranger.headers, **body
    )

    assert (reply.status_code, (await reply.get_json())["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Ana", "favourite_colour": "red"}, "favourite_colour"),
        ({"name": "Ana", "phones": [{"value": "1\0"}]}, "phones.0.value"),
        ({"name": "Ana", "notes": "\ud800"}, "notes"),
        ({"nickname": "Annie"}, "name"),
    ],
)
async def test_a_refused_body_names_the_field(client, member, body, field):
    reply = await client.post("/api/contacts", headers=member.headers, json=body)

    problem = await reply.get_json()
    assert (reply.status_code, problem["code"]) == (400, "bad_input")
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize(
    "query", ["limit=0", "cursor=x", "group=1", "colour=red", "limit=1&limit=2"]
)
async def test_a_refused_query_names_the_parameter(client, member, query):
    reply = await client.get(f"/api/contacts?{query}", headers=member.headers)

    problem = await reply.get_json()
    assert reply.status_code == 400
    assert [error["field"] for error in problem["errors"]] == [query.partition("=")[0]]


async def test_a_housemate_may_not_delete_a_shared_contact(client, member, housemate):
    contact = await make_contact(member, visibility="household")

    reply = await client.delete(f"/api/contacts/{contact.id}", headers=housemate.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (403, "author_only")
