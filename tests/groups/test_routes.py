import pytest

from server.groups import service, service_tags
from server.groups.schemas import GroupIn
from tests.contacts.factories import make_contact
from tests.times import MONDAY


@pytest.fixture
async def group(member):
    return await service.create_group(member.scope, GroupIn(name="Band"), now=MONDAY)


@pytest.fixture
async def tag(member):
    made, _ = await service_tags.create_tag(member.scope, "jazz", now=MONDAY)
    return made


async def test_a_group_is_made_read_changed_and_deleted(client, member):
    made = await client.post("/api/groups", headers=member.headers, json={"name": "Band"})
    group = await made.get_json()
    url = f"/api/groups/{group['id']}"
    assert (made.status_code, made.headers["ETag"]) == (201, '"1"')
    assert await (await client.get(url, headers=member.headers)).get_json() == group

    patched = await client.patch(url, headers=member.headers, json={"archived": True})
    assert (await patched.get_json())["archived_at"] is not None

    replaced = await client.put(url, headers=member.headers, json={"name": "Choir"})
    assert (replaced.status_code, replaced.headers["ETag"]) == (200, '"3"')

    assert (await client.delete(url, headers=member.headers)).status_code == 204
    assert (await client.get(url, headers=member.headers)).status_code == 404


async def test_a_taken_group_name_answers_409(client, member, group):
    reply = await client.post("/api/groups", headers=member.headers, json={"name": "BAND"})

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "group_name_taken")


async def test_members_are_added_listed_and_removed_in_bulk(client, member, group):
    ids = [str((await make_contact(member, name)).id) for name in ("Ana", "Ben")]
    url = f"/api/groups/{group.id}/members"

    added = await client.post(url, headers=member.headers, json={"contact_ids": ids})
    listed = await client.get(f"{url}?limit=1", headers=member.headers)
    removed = await client.delete(url, headers=member.headers, json={"contact_ids": ids[:1]})

    assert (await added.get_json(), await removed.get_json()) == ({"changed": 2}, {"changed": 1})
    page = await listed.get_json()
    assert [contact["name"] for contact in page["items"]] == ["Ana"]
    assert page["next_cursor"] is not None


@pytest.mark.parametrize("ids", [[], ["x"], ["01890000-0000-7000-8000-000000000000"] * 1001])
async def test_a_refused_list_of_members_names_the_field(client, member, group, ids):
    reply = await client.post(
        f"/api/groups/{group.id}/members", headers=member.headers, json={"contact_ids": ids}
    )

    errors = (await reply.get_json())["errors"]
    assert reply.status_code == 400
    assert {error["field"].partition(".")[0] for error in errors} == {"contact_ids"}


@pytest.mark.parametrize("name", [None, "", " ", "x" * 101, "a\nb", "a\0"])
async def test_a_refused_group_name_names_the_field(client, member, name):
    reply = await client.post("/api/groups", headers=member.headers, json={"name": name})

    assert reply.status_code == 400
    assert [e["field"] for e in (await reply.get_json())["errors"]] == ["name"]


async def test_a_tag_is_made_once_and_found_again(client, member):
    first = await client.post("/api/tags", headers=member.headers, json={"name": "rock climbing"})
    again = await client.post("/api/tags", headers=member.headers, json={"name": "Rock  climbin"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert (await again.get_json())["name"] == "rock climbing"


@pytest.mark.parametrize("name", ["", "  ", "one two three four", "x" * 101, "a\0", 5, None])
async def test_a_refused_tag_names_the_field(client, member, name):
    reply = await client.post("/api/tags", headers=member.headers, json={"name": name})

    assert reply.status_code == 400
    assert [e["field"] for e in (await reply.get_json())["errors"]] == ["name"]


async def test_a_tag_is_renamed_and_deleted(client, member, tag):
    url = f"/api/tags/{tag.id}"

    renamed = await client.patch(url, headers=member.headers, json={"name": "bebop"})
    deleted = await client.delete(url, headers=member.headers | {"If-Match": '"2"'})

    assert (renamed.status_code, renamed.headers["ETag"], deleted.status_code) == (200, '"2"', 204)


async def test_a_contact_is_tagged_by_name_and_untagged_by_id(client, member):
    contact = await make_contact(member)
    url = f"/api/contacts/{contact.id}/tags"

    tagged = await client.post(url, headers=member.headers, json={"name": "jazz"})
    listed = await client.get(url, headers=member.headers)
    tag = await tagged.get_json()
    untagged = await client.delete(f"{url}/{tag['id']}", headers=member.headers)

    assert (tagged.status_code, untagged.status_code) == (200, 204)
    assert (await listed.get_json()) == {"items": [tag], "next_cursor": None}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "", None),
        ("put", "", {"name": "Choir"}),
        ("patch", "", {"name": "Choir"}),
        ("delete", "", None),
        ("get", "/members", None),
        ("post", "/members", {"contact_ids": ["01890000-0000-7000-8000-000000000000"]}),
        ("delete", "/members", {"contact_ids": ["01890000-0000-7000-8000-000000000000"]}),
    ],
)
async def test_a_housemates_group_is_not_found(client, group, housemate, method, path, body):
    reply = await getattr(client, method)(
        f"/api/groups/{group.id}{path}",
        headers=housemate.headers,
        **({"json": body} if body else {}),
    )

    assert reply.status_code == 404


@pytest.mark.parametrize(("method", "body"), [("patch", {"name": "bebop"}), ("delete", None)])
async def test_a_housemates_tag_is_not_found(client, tag, housemate, method, body):
    reply = await getattr(client, method)(
        f"/api/tags/{tag.id}", headers=housemate.headers, **({"json": body} if body else {})
    )

    assert reply.status_code == 404


async def test_a_housemates_tag_cannot_be_taken_off(client, member, housemate):
    contact = await make_contact(member, visibility="household")
    tag = await service_tags.tag_contact(member.scope, contact.id, "jazz", now=MONDAY)

    reply = await client.delete(
        f"/api/contacts/{contact.id}/tags/{tag.id}", headers=housemate.headers
    )

    assert reply.status_code == 404
