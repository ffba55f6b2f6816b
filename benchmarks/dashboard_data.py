"""A server with 100,000 users, audit entries, failed and waiting jobs, and two days of samples."""

import asyncio
from datetime import datetime, timedelta

from saq import Job

from benchmarks import data
from server import db, queue
from server.lib.clock import utc_now
from server.lib.ids import uuid7

MANY = 100_000
# No statement takes its minute, and no check of a foreign key the plan of an empty table.
_AT_ONCE = 5_000
# What is kept: how long ago it begins and ends, and what one sample stands for.
_SAMPLED = ((timedelta(hours=3), timedelta(0), 10), (timedelta(days=2), timedelta(hours=3), 60))
_PLACES = 28

# Four to a household, each with a session; one in fifty is disabled.
_HOUSEHOLDS = """INSERT INTO households (id, name, created_at)
    SELECT md5('household' || n / 4)::uuid, 'Household ' || n / 4, $1::timestamptz
    FROM generate_series($2::int, $3::int) n WHERE n % 4 = 0"""
_USERS = """INSERT INTO users (id, household_id, email, name, password_hash, password_changed_at,
        created_at, disabled_at)
    SELECT md5('user' || n)::uuid, md5('household' || n / 4)::uuid, 'person' || n || '@example.org',
        'Person ' || md5(n::text), '', $1::timestamptz, $1::timestamptz - n * interval '1 minute',
        CASE WHEN n % 50 = 0 THEN $1::timestamptz END
    FROM generate_series($2::int, $3::int) n"""
_SESSIONS = """INSERT INTO sessions (id, household_id, user_id, user_agent, address, created_at,
        last_used_at, expires_at)
    SELECT gen_random_uuid(), md5('household' || n / 4)::uuid, md5('user' || n)::uuid, 'benchmark',
        '127.0.0.1', $1::timestamptz, $1::timestamptz, $1::timestamptz + interval '30 days'
    FROM generate_series($2::int, $3::int) n"""
# A chain of its own, without hashes: nobody walks it here.
_ENTRIES = """INSERT INTO audit_entries (id, chain_id, sequence, actor_id, action, at,
        subject_kind, subject_id, details, previous_hash, hash)
    SELECT gen_random_uuid(), md5('chain')::uuid, n + 1, md5('user' || n % 1000 + 1)::uuid,
        (ARRAY['user.signed_in', 'contact.created', 'job.retried', 'key.rotated'])[n % 4 + 1],
        $1::timestamptz - n * interval '10 seconds', 'user', md5('user' || n)::uuid, '{}', '', ''
    FROM generate_series($2::int, $3::int) n"""
_FAILURES = """INSERT INTO job_failures (id, function, job_key, payload, attempts, error_code,
        error, failed_at)
    SELECT gen_random_uuid(), 'suggest_to_user', 'suggest_to_user:' || n,
        jsonb_build_object('user_id', md5('user' || n)), 3, 'TimeoutError', 'TimeoutError',
        $1::timestamptz - n * interval '1 second'
    FROM generate_series($2::int, $3::int) n"""
_SAMPLES = """INSERT INTO samples (id, process, at, span_s, cpu_percent, memory_bytes, requests,
        latency_counts, queued, running, connections, messages_pending)
    SELECT gen_random_uuid(), process, at, $3::int, 10, 80000000, 270, $4::int[], 3, 1, 5, 2
    FROM generate_series($1::timestamptz, $2::timestamptz, $3::int * interval '1 second') at,
        unnest(ARRAY['server', 'worker']) process"""


async def seed() -> None:
    """Fill an empty database and queue."""
    now = utc_now()
    async with data.open_database():
        await data.make_user(0)  # the admin
        db.be_patient()
        for first in range(0, MANY, _AT_ONCE):
            for statement in (_HOUSEHOLDS, _USERS, _SESSIONS, _ENTRIES, _FAILURES):
                await db.execute(statement, now, first, first + _AT_ONCE - 1)
            await db.forget_plans()
        for since, until, span_s in _SAMPLED:
            counts = [number % 19 for number in range(_PLACES)]
            await db.execute(_SAMPLES, now - since, now - until, span_s, counts)
        await data.analyze()
        await _queue(now)
        await queue.close()


async def _queue(now: datetime) -> None:
    """Let jobs wait as SAQ keeps them; its own way takes a round trip for each."""
    jobs = queue.shared_queue()
    for first in range(0, MANY, _AT_ONCE):
        async with jobs.redis.pipeline(transaction=False) as pipeline:
            for number in range(first, first + _AT_ONCE):
                job = Job(
                    function="suggest_to_user" if number % 2 else "send_digest",
                    kwargs={"user_id": str(uuid7())},
                    key=f"job:{number}",
                    queue=jobs,
                    queued=int(now.timestamp() * 1000),
                    retries=queue.TRIES,
                )
                job.status = job.status.QUEUED
                pipeline.set(job.id, jobs.serialize(job))
                pipeline.zadd(jobs.list_of("incomplete"), {job.id: 0})
                pipeline.rpush(jobs.list_of("queued"), job.id)
            await pipeline.execute()


if __name__ == "__main__":
    asyncio.run(seed())
