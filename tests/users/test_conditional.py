"""Lists that answer 304, asked over HTTP."""

from contextlib import suppress
from datetime import timedelta

import pytest

from server import db, limits, redis_client, versions
from server.jobs import service
from server.lib.clock import utc_now
from server.users import conditional
from tests.openapi_walk import VCARD

LIST = "/api/contacts"


@pytest.fixture(autouse=True)
def _remember_nothing():
    yield
    versions.forget()
    limits.forget()


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
    now = utc_now()

    monkeypatch.setattr(conditional, "utc_now", lambda: now + timedelta(days=1))

    assert (await read(client, member, tag, path)).status_code == 200


async def test_without_redis_a_list_is_sent_without_a_name(client, member, redis_switch):
    tag = (await read(client, member)).headers["ETag"]
    redis_switch.is_away = True

    reply = await read(client, member, tag)

    assert (reply.status_code, "ETag" in reply.headers) == (200, False)


async def test_a_change_that_redis_did_not_hear_of_is_made_up_for(client, member, redis_switch):
    tag = (await read(client, member)).headers["ETag"]

    redis_switch.is_away = True
    made = await client.post(LIST, json={"name": "Ada"}, headers=member.headers)
    redis_switch.come_back()
    again = await read(client, member, tag)

    assert (made.status_code, again.status_code) == (201, 200)
    assert [item["name"] for item in (await again.get_json())["items"]] == ["Ada"]


async def test_a_change_whose_fate_is_unknown_is_taken_for_one(client, member):
    tag = (await read(client, member)).headers["ETag"]

    async def fail():
        raise RuntimeError  # or cancelled in the commit: nobody can tell

    with suppress(RuntimeError):
        async with db.transaction():
            await db.after_commit(fail)
            await versions.changed([member.scope], "contacts")

    assert (await read(client, member, tag)).status_code == 200


async def test_a_change_that_was_taken_back_leaves_lists_as_they_were(client, member):
    tag = (await read(client, member)).headers["ETag"]

    dry = await client.post(f"{LIST}/import?dry_run=true", data=VCARD, headers=member.headers)
    with suppress(RuntimeError):
        async with db.transaction():
            await versions.changed([member.scope], "contacts")
            raise RuntimeError

    assert (dry.status_code, (await dry.get_json())["created"]) == (200, 1)
    assert (await read(client, member, tag)).status_code == 304


async def test_changes_that_never_end_are_not_remembered_for_ever(member, monkeypatch):
    monkeypatch.setattr(versions, "LONGEST_CHANGE_S", 0)

    async def fail():
        raise RuntimeError

    for _ in range(3):
        with suppress(RuntimeError):
            async with db.transaction():
                await db.after_commit(fail)
                await versions.changed([member.scope], "contacts")

    assert len(versions._open) == 1


async def test_no_name_outlives_the_server_that_gave_it(client, member):
    tag = (await read(client, member)).headers["ETag"]

    versions.start()  # as after a kill, when a new token may be missing
    again = await read(client, member, tag)

    assert again.status_code == 200
    assert (await read(client, member, again.headers["ETag"])).status_code == 304


async def test_a_committed_change_is_settled_once(client, member):
    await client.post(LIST, json={"name": "Ada"}, headers=member.headers)
    first = await read(client, member)

    assert (await read(client, member, first.headers["ETag"])).status_code == 304


async def test_another_process_that_owes_a_token_pays_it_with_its_reconciler(member, redis_switch):
    await versions.changed([member.scope], "calendar")
    key = versions.key(member.scope, "calendar")
    before = await redis_client.shared().get(key)
    redis_switch.is_away = True
    await versions.changed([member.scope], "calendar")
    redis_switch.come_back()

    await service.reconcile(now=utc_now())

    assert before != await redis_client.shared().get(key)


async def test_no_named_list_comes_from_a_replica(client):
    for view in client.app.view_functions.values():
        assert not (getattr(view, "is_conditional", False) and view.reads), view.__name__


async def test_a_list_of_who_is_due_changes_by_time_alone_and_has_no_name(client, member):
    assert "ETag" not in (await read(client, member, path=f"{LIST}?due=true")).headers
