"""Lists that answer 304, asked over HTTP."""

from datetime import timedelta

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from server import redis_client, versions
from server.users import conditional

LIST = "/api/contacts"


@pytest.fixture(autouse=True)
def _remember_nothing():
    yield
    versions.forget()


async def read(client, member, tag=None, path=LIST):
    more = {"If-None-Match": tag} if tag else {}
    return await client.get(path, headers=member.headers | more)


async def test_a_list_that_did_not_change_is_not_sent_again(client, member):
    first = await read(client, member)

    again = await read(client, member, first.headers["ETag"])

    assert (again.status_code, await again.get_data()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


async def test_nothing_is_asked_of_the_database_for_a_304(client, member, count_statements):
    tag = (await read(client, member)).headers["ETag"]

    with count_statements() as seen:
        again = await read(client, member, tag)

    assert (again.status_code, seen) == (304, [])


async def test_one_of_several_tags_is_enough(client, member):
    tag = (await read(client, member)).headers["ETag"]

    assert (await read(client, member, f'"other", {tag}')).status_code == 304


async def test_another_page_is_another_reply(client, member):
    tag = (await read(client, member)).headers["ETag"]

    assert (await read(client, member, tag, f"{LIST}?limit=7")).status_code == 200


async def test_another_user_is_not_told_that_nothing_changed(client, member, housemate):
    tag = (await read(client, member)).headers["ETag"]

    assert (await read(client, housemate, tag)).status_code == 200


async def test_who_is_not_signed_in_is_told_nothing(client, member):
    tag = (await read(client, member)).headers["ETag"]

    assert (await client.get(LIST, headers={"If-None-Match": tag})).status_code == 401


async def test_a_refused_list_has_no_name(client, member):
    assert "ETag" not in (await read(client, member, path=f"{LIST}?limit=0")).headers


async def test_a_flushed_redis_lets_no_old_list_stand(client, member):
    tag = (await read(client, member)).headers["ETag"]

    await redis_client.shared().flushdb()

    assert (await read(client, member, tag)).status_code == 200


async def test_suggestions_speak_of_another_day_after_midnight(client, member, monkeypatch):
    path = "/api/suggestions"
    tag = (await read(client, member, path=path)).headers["ETag"]
    now = conditional.utc_now()

    monkeypatch.setattr(conditional, "utc_now", lambda: now + timedelta(days=1))

    assert (await read(client, member, tag, path)).status_code == 200


@pytest.fixture
def redis_away(monkeypatch):
    """Let Redis refuse everything until it is told to be back."""

    def refuse():
        raise RedisConnectionError

    monkeypatch.setattr(versions, "shared", refuse)

    def come_back():
        monkeypatch.setattr(versions, "shared", redis_client.shared)
        versions._away_until[0] = 0.0

    return come_back


async def test_without_redis_a_list_is_sent_without_a_name(client, member, redis_away):
    reply = await read(client, member, 'W/"any"')

    assert (reply.status_code, "ETag" in reply.headers) == (200, False)


async def test_a_change_that_redis_did_not_hear_of_is_made_up_for(client, member, monkeypatch):
    tag = (await read(client, member)).headers["ETag"]

    def refuse():
        raise RedisConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(versions, "shared", refuse)
        made = await client.post(LIST, json={"name": "Ada"}, headers=member.headers)
    versions._away_until[0] = 0.0
    again = await read(client, member, tag)

    assert (made.status_code, again.status_code) == (201, 200)
    assert [item["name"] for item in (await again.get_json())["items"]] == ["Ada"]
