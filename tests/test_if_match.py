"""ETag and If-Match: the same on every single resource, from the document."""

import pytest

from tests.documented import check_reply
from tests.openapi_walk import operations
from tests.owned import own_one_of_each

EDITS = {"PUT", "PATCH", "DELETE"}
# What they write has no version: a link between two objects, or a choice among many.
WITHOUT_VERSION = {
    "delete_phone",
    "end_user_session",
    "end_user_sessions",
    "take_invitation_back",
    "close_account",
    "delete_calendar_connection",
    "disable_totp",
    "remove_group_members",
    "revoke_invitation",
    "revoke_other_sessions",
    "revoke_session",
    "revoke_token",
    "select_calendars",
    "untag_contact",
}


def edits(app):
    return [
        operation
        for operation in operations(app)
        if operation.method in EDITS and operation.name not in WITHOUT_VERSION
    ]


async def send(client, member, operation, if_match):
    own = await own_one_of_each(client, member)
    headers = member.headers | {"If-Match": if_match}
    reply = await operation.request(member, own).send(client, headers)
    await check_reply(operation, reply)
    return reply.status_code


@pytest.mark.parametrize("foreign", ['"999"', 'W/"1"', '"not-ours"', '"-1"', '""'])
async def test_an_edit_of_another_version_is_refused(client, member, foreign):
    found = {one.name: await send(client, member, one, foreign) for one in edits(client.app)}

    assert found == dict.fromkeys(found, 412)


async def known_tag(client, member, own, operation):
    """Return the ETag of what an operation edits, as its GET tells it."""
    path = operation.request(member, own).path
    reply = await client.get(path, headers=member.headers)
    assert reply.status_code == 200, operation.name
    return reply.headers["ETag"]


@pytest.mark.parametrize("tags", ['{}, "999"', '"999",{}', 'W/"1", "not-ours", {}, "0,1"'])
async def test_of_several_tags_any_one_fits(client, member, tags):
    wrong = {}
    for one in edits(client.app):
        own = await own_one_of_each(client, member)
        known = await known_tag(client, member, own, one)
        headers = member.headers | {"If-Match": tags.format(known)}
        reply = await one.request(member, own).send(client, headers)
        await check_reply(one, reply)
        if reply.status_code >= 300:
            wrong[one.name] = reply.status_code

    assert not wrong


@pytest.mark.parametrize("foreign", ['"998", "999"', 'W/"1", W/"2"', '"1,2"', ","])
async def test_an_edit_of_none_of_several_versions_is_refused(client, member, foreign):
    found = {one.name: await send(client, member, one, foreign) for one in edits(client.app)}

    assert found == dict.fromkeys(found, 412)


@pytest.mark.parametrize("tags", [", ".join(f'"{n}"' for n in range(11)), '"1", *'])
async def test_too_many_tags_are_refused_by_name(client, member, tags):
    found = {one.name: await send(client, member, one, tags) for one in edits(client.app)}

    assert found == dict.fromkeys(found, 400)


async def test_a_star_stands_for_any_version(client, member):
    wrong = {}
    for one in edits(client.app):
        status = await send(client, member, one, "*")
        if status >= 300:
            wrong[one.name] = status

    assert not wrong


async def test_a_single_object_that_did_not_change_is_not_sent_again(client, member):
    own = await own_one_of_each(client, member)
    read = [
        operation
        for operation in operations(client.app)
        if operation.method == "GET"
        and "304" in operation.spec["responses"]
        and not operation.is_for_admins  # tests/test_openapi_replies.py asks those
    ]

    for operation in read:
        request = operation.request(member, own)
        first = await request.send(client, member.headers)
        known = {"If-None-Match": first.headers["ETag"]}
        again = await request.send(client, member.headers | known)
        assert (again.status_code, await again.get_data()) == (304, b""), operation.name
        await check_reply(operation, again)


async def test_a_talk_changes_the_contact_but_not_what_an_edit_must_name(client, member):
    own = await own_one_of_each(client, member)
    url = f"/api/contacts/{own['contact']}"
    before = (await client.get(url, headers=member.headers)).headers["ETag"]

    await client.post(f"/api/interactions/{own['interaction']}/confirm", headers=member.headers)

    read = await client.get(url, headers=member.headers | {"If-None-Match": before})
    edit = await client.patch(
        url, json={"nickname": "N"}, headers=member.headers | {"If-Match": before}
    )
    assert (read.status_code, edit.status_code) == (200, 200)
