"""A write that is sent again is answered again, not done again."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from io import BytesIO

import pytest
from quart.datastructures import FileStorage

from server import db
from server.contacts import service as contacts
from server.lib.clock import utc_now
from server.lib.per_loop import PerLoop
from server.outbound import fetch
from server.queue import ask_for_user
from server.suggestions import generation
from server.users import idempotency
from tests.openapi_walk import CALENDAR, VCARD
from tests.rows import insert_suggestion
from tests.under_way import under_way

CONTACTS = "/api/contacts"
KEY = "4f3c-retry"


def keyed(member, key=KEY, **more):
    return member.headers | {"Idempotency-Key": key} | more


async def count(table="contacts"):
    return await db.fetch_value(f"SELECT count(*) FROM {table}")


async def create(client, member, name="Ada", key=KEY):
    return await client.post(CONTACTS, json={"name": name}, headers=keyed(member, key))


async def test_the_same_request_gets_the_same_reply_and_is_done_once(client, member):
    first = await create(client, member)
    again = await create(client, member)

    assert (first.status_code, again.status_code, await count()) == (201, 201, 1)
    assert await again.get_data() == await first.get_data()
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_without_a_key_a_write_is_done_again(client, member):
    for _ in range(2):
        await client.post(CONTACTS, json={"name": "Ada"}, headers=member.headers)

    assert await count() == 2


async def test_a_reply_without_a_body_is_kept_too(client, member):
    made = await (await create(client, member)).get_json()
    url = f"{CONTACTS}/{made['id']}"

    replies = [await client.delete(url, headers=keyed(member, "gone")) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [204, 204]
    assert await replies[1].get_data() == b""


async def test_a_key_with_another_body_is_refused(client, member):
    await create(client, member)

    reply = await create(client, member, name="Bea")

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "idempotency_key_reused")
    assert await count() == 1


async def test_a_key_with_another_address_or_version_is_refused(client, member):
    made = await (await create(client, member)).get_json()
    url, patch = f"{CONTACTS}/{made['id']}", {"nickname": "A"}
    await client.patch(url, json=patch, headers=keyed(member, "edit", **{"If-Match": '"1"'}))

    elsewhere = await client.post(f"{url}/archive", headers=keyed(member, "edit"))
    unmatched = await client.patch(url, json=patch, headers=keyed(member, "edit"))

    assert {elsewhere.status_code, unmatched.status_code} == {409}


async def test_two_users_may_use_the_same_key(client, member, housemate):
    replies = [await create(client, one) for one in (member, housemate)]

    assert [reply.status_code for reply in replies] == [201, 201]
    assert await count() == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "a\tb"])
async def test_a_key_that_cannot_be_one_is_refused(client, member, key):
    reply = await create(client, member, key=key)

    assert reply.status_code == 400
    assert (await reply.get_json())["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("key", ["x", "x" * 255, "a b", "!~"])
async def test_any_printable_key_will_do(client, member, key):
    assert (await create(client, member, key=key)).status_code == 201


async def test_a_read_takes_no_notice_of_a_key(client, member):
    for _ in range(2):
        reply = await client.get(CONTACTS, headers=keyed(member))

        assert (reply.status_code, await count("idempotency_keys")) == (200, 0)


async def test_a_refused_request_keeps_nothing_and_may_be_mended(client, member):
    refused = await create(client, member, name="")
    mended = await create(client, member)

    assert (refused.status_code, mended.status_code) == (400, 201)


async def test_a_request_that_fails_leaves_no_effect_behind(client, member, monkeypatch):
    real = contacts.create_contact

    async def fail(*args, **kwargs):
        await real(*args, **kwargs)
        raise RuntimeError

    monkeypatch.setattr(contacts, "create_contact", fail)
    broken = await create(client, member)
    monkeypatch.setattr(contacts, "create_contact", real)

    assert (broken.status_code, await count()) == (500, 0)
    assert (await create(client, member)).status_code == 201


async def test_a_reply_is_kept_for_a_day(client, member, monkeypatch):
    await create(client, member)
    tomorrow = utc_now() + timedelta(hours=24, seconds=1)
    monkeypatch.setattr(idempotency, "utc_now", lambda: tomorrow)

    again = await create(client, member)

    assert (again.status_code, await count()) == (201, 2)
    assert "Idempotency-Replayed" not in again.headers


async def test_what_is_kept_cannot_be_read_in_the_database(client, member):
    await create(client, member, name="Zacharias")

    rows = await db.fetch("SELECT * FROM idempotency_keys")

    assert len(rows) == 1
    assert b"Zacharias" not in rows[0]["body"]


async def test_fifty_at_once_do_it_once(client, member):
    replies = await asyncio.gather(*(create(client, member) for _ in range(50)))
    codes = Counter(reply.status_code for reply in replies)

    assert codes.keys() <= {201, 409}
    assert await count() == 1
    for reply in replies:
        if reply.status_code == 409:
            assert (await reply.get_json())["code"] == "idempotency_key_in_use"
            assert int(reply.headers["Retry-After"]) >= 1
    assert (await create(client, member)).headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("path", "file", "table"),
    [("contacts/import", VCARD, "imports"), ("calendars/import", CALENDAR, "calendars")],
)
async def test_a_file_is_imported_once(client, member, path, file, table):
    async def send(text):
        return await client.post(f"/api/{path}", data=text, headers=keyed(member))

    first, again, other = await send(file), await send(file), await send(file + "\r\n")

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert await again.get_data() == await first.get_data()
    assert await count(table) == 1


async def test_a_dry_run_with_a_key_stores_nothing_but_its_reply(client, member):
    for _ in range(2):
        reply = await client.post(
            f"{CONTACTS}/import?dry_run=true", data=VCARD, headers=keyed(member)
        )

        assert (reply.status_code, (await reply.get_json())["created"]) == (200, 1)
    assert (await count(), await count("imports"), await count("idempotency_keys")) == (0, 0, 1)


async def test_what_a_worker_is_asked_waits_for_the_commit(client, member, monkeypatch):
    made = await (await create(client, member)).get_json()
    seen = []
    real = ask_for_user

    async def ask(*args):
        await real(*args)
        await db.after_commit(note)

    async def note():
        seen.append(db.engine().current_transaction.get())

    monkeypatch.setattr(contacts, "ask_for_user", ask)
    await client.post(f"{CONTACTS}/{made['id']}/archive", headers=keyed(member, "away"))

    assert seen == [None]


async def test_after_the_password_has_changed_the_reply_comes_again(client, member):
    body = {"current_password": "correct horse battery staple", "new_password": "n" * 20}
    url = "/api/auth/change-password"

    replies = [await client.post(url, json=body, headers=keyed(member)) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [204, 204]


async def test_one_member_s_slow_writes_with_keys_leave_turns_to_others(
    client, member, stranger, monkeypatch
):
    # Half of the smallest pool; a link that does not answer takes as long as it may.
    monkeypatch.setattr(idempotency, "_turns", PerLoop(lambda: asyncio.Semaphore(2)))
    monkeypatch.setattr(idempotency, "TURN_LIMIT_S", 1)
    asked, enough = [], asyncio.Event()

    async def hang(link, **_):
        asked.append(link)
        await enough.wait()
        raise fetch.FetchFailed("timed_out")

    monkeypatch.setattr(fetch, "fetch", hang)
    async with under_way(
        client.post(
            "/api/calendars/connections",
            json={"provider": "ics_link", "url": f"https://example.org/{n}.ics"},
            headers=keyed(member, f"slow-{n}"),
        )
        for n in range(10)
    ):
        while not asked:
            await asyncio.sleep(0.01)
        theirs = await create(client, stranger)
        read = await client.get(CONTACTS, headers=member.headers)

    assert (theirs.status_code, read.status_code, len(asked)) == (201, 200, 1)


async def test_a_key_whose_first_request_waits_for_its_turn_is_in_use(client, member, monkeypatch):
    started, go_on = asyncio.Event(), asyncio.Event()
    real = contacts.create_contact

    async def slow(*args, **kwargs):
        started.set()
        await go_on.wait()
        return await real(*args, **kwargs)

    monkeypatch.setattr(contacts, "create_contact", slow)
    async with under_way([create(client, member, key=key) for key in ("first", "second")]) as sent:
        await started.wait()
        while len(idempotency._under_way) < 2:
            await asyncio.sleep(0.01)
        refused = await create(client, member, key="second")
        go_on.set()
        replies = await asyncio.gather(*sent)

    assert (await refused.get_json())["code"] == "idempotency_key_in_use"
    assert [reply.status_code for reply in replies] == [201, 201]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": KEY}])
async def test_what_a_refusal_says_was_done_is_done(client, member, monkeypatch, headers):
    async def is_gone(*_, **__):
        return True

    monkeypatch.setattr(generation, "speaks_against", is_gone)
    made = await (await create(client, member, key="contact")).get_json()
    later = utc_now() + timedelta(days=1)
    suggestion_id = await insert_suggestion(member, made["id"], slot_start=later)

    reply = await client.post(
        f"/api/suggestions/{suggestion_id}/accept", headers=member.headers | headers
    )

    assert (reply.status_code, (await reply.get_json())["code"]) == (409, "suggestion_not_open")
    assert await db.fetch_value("SELECT state FROM suggestions") == "expired"
    assert await count("idempotency_keys") == 1  # of the contact


async def test_a_form_with_another_field_is_another_request(client, member):
    async def send(mapping):
        return await client.post(
            f"{CONTACTS}/import",
            form={"mapping": json.dumps(mapping)},
            files={"file": FileStorage(BytesIO(b"a,b\nAda,x\n"), filename="book.csv")},
            headers=keyed(member),
        )

    first, again, other = await send({"a": "name"}), await send({"a": "name"}), await send({})

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await other.get_json())["code"] == "idempotency_key_reused"
