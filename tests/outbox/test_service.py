import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from server import db
from server.lib.ids import uuid7
from server.outbox import service
from server.outbox.queries import BELL
from server.outbox.service import Cause
from tests.messages.boxed import message, messages
from tests.times import MONDAY

HOUR = timedelta(hours=1)


async def write(member, key="k", **more):
    wanted = {"kind": "digest", "subject": "Sunday", "body": "Ben is due", "now": MONDAY, **more}
    return await service.write(member.scope, dedupe_key=key, **wanted)


async def test_a_message_is_pending_and_due_at_once(member):
    message_id = await write(member)

    found = await message(message_id)
    assert (found.state, found.next_attempt_at, found.channel) == ("pending", MONDAY, "email")
    assert (found.subject, found.body, found.html, found.address) == (
        "Sunday",
        "Ben is due",
        None,
        None,
    )


async def test_the_second_with_a_key_is_none(member):
    first = await write(member)

    assert await write(member, body="another") is None
    assert [found.id for found in await messages()] == [first]


async def test_everything_that_says_something_is_sealed(member):
    secrets = {"subject": "S3", "body": "B3", "html": "<p>H3</p>", "address": "+4930123456"}
    message_id = await write(member, channel="sms", **secrets)

    (row,) = await db.fetch("SELECT m::text AS text, m.* FROM outbox_messages m")
    for secret in secrets.values():
        assert secret.encode() not in b"".join(v for v in row.values() if isinstance(v, bytes))
        assert secret not in row["text"]
    found = await message(message_id)
    assert {name: getattr(found, name) for name in secrets} == secrets


async def test_it_waits_until_it_may_leave_but_not_beyond_its_life(member):
    later = await message(await write(member, not_before=MONDAY + HOUR))
    beyond = await message(await write(member, "b", not_before=MONDAY + 3 * HOUR, life=2 * HOUR))

    assert later.next_attempt_at == MONDAY + HOUR
    assert beyond.next_attempt_at == beyond.expires_at == MONDAY + 2 * HOUR


async def test_it_says_what_it_is_about(member):
    cause = Cause("suggestion", uuid7())

    found = await message(await write(member, cause=cause, is_urgent=True))

    assert (found.cause_kind, found.cause_id, found.is_urgent) == ("suggestion", cause.id, True)


async def test_a_cause_of_no_known_kind_is_refused(member):
    kind: Any = "whim"

    with pytest.raises(asyncpg.CheckViolationError):
        await write(member, cause=Cause(kind, uuid7()))


async def test_what_is_taken_back_leaves_no_message(member):
    async def write_and_fail():
        async with db.transaction():
            await write(member)
            raise LookupError

    with pytest.raises(LookupError):
        await write_and_fail()

    assert await messages() == []


async def test_the_bell_rings_at_the_commit_and_not_for_a_second_one(member, database):
    rung: asyncio.Queue[None] = asyncio.Queue()
    listener = await asyncpg.connect(database.direct_database)
    await listener.add_listener(BELL, lambda *_: rung.put_nowait(None))
    try:
        async with db.transaction():
            await write(member)
            await asyncio.sleep(0.05)
            assert rung.empty()
        await asyncio.wait_for(rung.get(), 5)
        await write(member)
        await asyncio.sleep(0.05)
        assert rung.empty()
    finally:
        await listener.close()
