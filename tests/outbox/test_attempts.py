"""The history of attempts, which the database writes by itself."""

from contextlib import suppress
from datetime import timedelta

import pytest

from server import db
from server.lib.ids import uuid7
from tests.rows import make
from tests.times import MONDAY

HELD = {"lease_token": uuid7(), "leased_until": MONDAY + timedelta(minutes=1)}


async def move(message_id, state, **values):
    places = ", ".join(f"{name} = ${n}" for n, name in enumerate(values, start=3))
    await db.execute(
        f"UPDATE outbox_messages SET state = $2{', ' if places else ''}{places} WHERE id = $1",
        message_id,
        state,
        *values.values(),
    )


async def attempts(message_id):
    rows = await db.fetch(
        """SELECT number, channel, outcome, code, ended_at IS NULL AS is_open
            FROM message_attempts WHERE message_id = $1 ORDER BY number""",
        message_id,
    )
    return [tuple(row.values()) for row in rows]


@pytest.fixture
async def message_id(member):
    return await make("outbox_messages", member, channel="sms")


async def test_an_attempt_under_way_has_no_outcome(message_id):
    await move(message_id, "sending", **HELD)

    assert await attempts(message_id) == [(1, "sms", None, None, True)]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("accepted", "accepted"), ("pending", "again"), ("failed", "failed"), ("unknown", "unknown")],
)
async def test_each_end_is_noted_with_its_code(message_id, state, outcome):
    await move(message_id, "sending", **HELD)
    await move(message_id, state, error_code="provider_500")

    assert await attempts(message_id) == [(1, "sms", outcome, "provider_500", False)]


async def test_each_attempt_has_its_own_row(message_id):
    for state in ("sending", "pending", "sending", "accepted"):
        await move(message_id, state, **HELD)

    assert [row[:3] for row in await attempts(message_id)] == [
        (1, "sms", "again"),
        (2, "sms", "accepted"),
    ]


async def test_what_happens_later_is_no_attempt(message_id):
    for state in ("sending", "accepted", "delivered"):
        await move(message_id, state, **HELD)

    assert len(await attempts(message_id)) == 1


async def test_an_attempt_that_is_rolled_back_leaves_nothing(message_id):
    with suppress(RuntimeError):
        async with db.transaction():
            await move(message_id, "sending", **HELD)
            raise RuntimeError

    assert await attempts(message_id) == []


async def test_deleted_attempts_are_still_counted(message_id):
    for state in ("sending", "pending", "sending", "accepted"):
        await move(message_id, state, **HELD)
    await db.execute("DELETE FROM outbox_messages WHERE id = $1", message_id)

    rows = await db.fetch(
        "SELECT channel, outcome, deleted FROM message_attempt_totals ORDER BY outcome"
    )
    assert await attempts(message_id) == []
    assert [tuple(row.values()) for row in rows] == [("sms", "accepted", 1), ("sms", "again", 1)]
