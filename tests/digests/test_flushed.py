"""Redis forgets everything while digests are due: each still leaves once."""

from datetime import timedelta

import pytest

from server import db
from server.digests import jobs, service
from server.jobs import service as schedules
from server.lib.clock import utc_now
from server.lib.scope import Scope
from server.redis_client import shared
from tests.digests.people import suggest
from tests.factories import Member
from tests.rows import insert_user

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def make_due(member, count, now):
    """Make users of one household whose digests are due since a minute."""
    for number in range(count):
        user_id = await insert_user(member)
        user = Member(Scope(member.scope.household_id, user_id), "", "", "")
        await suggest(user, now + DAY, name=f"Friend {number}")
    await db.execute("UPDATE users SET disabled_at = NULL")
    await service.keep_schedules(now=now - DAY)
    await db.execute(
        "UPDATE digest_schedules SET next_at = $1, next_on = $2 WHERE user_id <> $3",
        now - MINUTE,
        now.date(),
        member.scope.user_id,
    )


async def queued():
    """Return how many jobs Redis knows."""
    found = await shared().keys("*write_digests*")
    return len(found)


async def fire_once(member, count):
    await shared().flushall()  # of what earlier tests asked for
    now = utc_now()
    await make_due(member, count, now)
    await schedules.sync_schedules(now=now - 2 * MINUTE)
    await schedules.reconcile(now=now)
    assert await queued() == 1

    await shared().flushall()
    assert await queued() == 0
    # The job was lost before any worker took it: the row of the schedule brings it back.
    await schedules.reconcile(now=now + MINUTE)
    assert await queued() == 1
    for _ in range(2):
        await jobs.write_digests({})

    rows = await db.fetch(
        """SELECT u.id, count(m.id) AS sent FROM users u
            LEFT JOIN outbox_messages m ON m.user_id = u.id AND m.kind = 'digest'
            WHERE u.id <> $1 GROUP BY u.id""",
        member.scope.user_id,
    )
    assert {row["sent"] for row in rows} == {1}
    assert len(rows) == count


async def test_with_redis_flushed_each_digest_leaves_once(member):
    await fire_once(member, 220)


@pytest.mark.drill
async def test_with_redis_flushed_ten_thousand_digests_leave_once(member):
    await fire_once(member, 10_000)
