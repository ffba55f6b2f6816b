import pytest

from server.lib.http import expected_version

AVAILABILITY, NOTIFICATIONS = "/api/preferences/availability", "/api/preferences/notifications"
BOTH = pytest.mark.parametrize("url", [AVAILABILITY, NOTIFICATIONS])


@BOTH
async def test_the_defaults_have_version_0(client, member, url):
    reply = await client.get(url, headers=member.headers)

    version = expected_version(reply.headers["ETag"])
    assert (version, (await reply.get_json())["is_default"]) == (0, True)


@BOTH
async def test_what_was_put_is_read_again(client, member, url):
    put = await client.put(url, json={}, headers=member.headers)
    read = await client.get(url, headers=member.headers)

    assert (put.status_code, await put.get_json()) == (200, await read.get_json())


@BOTH
async def test_the_etag_of_the_defaults_lets_the_first_put_through(client, member, url):
    headers = member.headers | {"If-Match": '"0"'}

    reply = await client.put(url, json={}, headers=headers)

    assert (reply.status_code, reply.headers["ETag"]) == (200, '"1"')


@BOTH
async def test_an_old_etag_stops_a_put(client, member, url):
    await client.put(url, json={}, headers=member.headers)

    reply = await client.put(url, json={}, headers=member.headers | {"If-Match": '"0"'})

    assert (reply.status_code, (await reply.get_json())["code"]) == (412, "precondition_failed")


@BOTH
async def test_another_users_preferences_stay_their_own(client, member, stranger, url):
    await client.put(url, json={}, headers=member.headers)

    reply = await client.get(url, headers=stranger.headers)

    assert (await reply.get_json())["is_default"] is True


@BOTH
async def test_nobody_reads_preferences_without_signing_in(client, url):
    assert (await client.get(url)).status_code == 401


@BOTH
async def test_an_unknown_field_is_named(client, member, url):
    reply = await client.put(url, json={"is_default": True}, headers=member.headers)

    problem = await reply.get_json()
    assert (reply.status_code, problem["errors"][0]["field"]) == (400, "is_default")


async def test_windows_are_answered_by_weekday(client, member):
    week = {"saturday": [{"start": "10:00", "end": "12:00"}]}

    reply = await client.put(AVAILABILITY, json={"windows": week}, headers=member.headers)

    found = (await reply.get_json())["windows"]
    assert (found["saturday"], found["monday"]) == (week["saturday"], [])


async def test_a_weekday_sent_by_name_is_answered_as_a_number(client, member):
    sent = {"digest_weekday": "friday"}

    reply = await client.put(NOTIFICATIONS, json=sent, headers=member.headers)

    assert (await reply.get_json())["digest_weekday"] == 4
