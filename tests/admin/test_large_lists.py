"""Pages of 100,000 users or entries are read from an index: plans, not times."""

import json
from typing import Any

import pytest

from server import db
from server.admin import queries_users
from server.audit import queries as audit_queries
from server.jobs import queries_failures
from server.lib.clock import utc_now

MANY = 5_000
NO_FILTER: dict[str, Any] = {
    "chain_id": None,
    "person_id": None,
    "action": None,
    "actor_id": None,
    "subject_id": None,
    "since": None,
    "until": None,
    "sort": "newest",
    "after": None,
}


@pytest.fixture
async def explained(monkeypatch):
    """Let queries be explained; return the first one's plan.

    `without` names further ways to do without an index, which the planner shall leave alone.
    """

    async def explain(work, *without):
        found = []
        fetch = db.fetch

        async def look(statement, *values):
            async with db.transaction():
                # Whether an index can serve it, whatever earlier tests left in the statistics.
                for way in ("seqscan", "hashjoin", "mergejoin", *without):
                    await db.execute(f"SET LOCAL enable_{way} = off")
                plan = await db.fetch_value(f"EXPLAIN (FORMAT JSON) {statement}", *values)
            found.append(json.dumps(plan) if not isinstance(plan, str) else plan)
            return await fetch(statement, *values)

        with monkeypatch.context() as patched:
            patched.setattr(db, "fetch", look)
            await work()
        return found[0]

    return explain


@pytest.fixture
async def many_users(member):
    await db.execute(
        """INSERT INTO users (id, household_id, email, name, password_hash, password_changed_at,
                created_at)
            SELECT gen_random_uuid(), $1, 'user' || n || '@example.org', md5(n::text), '', now(),
                now() - n * interval '1 minute' FROM generate_series(1, $2::int) n""",
        member.scope.household_id,
        MANY,
    )
    await db.execute("ANALYZE users")


@pytest.mark.parametrize(
    ("more", "index"),
    [
        ({}, "users_created_idx"),
        ({"sort": "oldest"}, "users_created_idx"),
        ({"sort": "name"}, "users_name_idx"),
        ({"sort": "email"}, "users_email"),
        ({"q": "user4711@"}, "users_search_idx"),
        ({"role": "admin"}, "users_admins_idx"),
        ({"state": "disabled"}, "users_disabled_idx"),
    ],
)
async def test_a_page_of_users_has_an_index(many_users, explained, more, index):
    asked = {"q": None, "role": None, "state": None, "sort": "newest", **more}

    plan = await explained(
        lambda: queries_users.list_users_of_server(**asked, after=None, limit=51, now=utc_now())
    )

    assert index in plan


@pytest.mark.parametrize(
    ("filtered", "index"),
    [
        ("none", "audit_entries_newest_idx"),
        ("action", "audit_entries_action_idx"),
        ("actor_id", "audit_entries_actor_idx"),
        ("subject_id", "audit_entries_subject_idx"),
    ],
)
async def test_a_page_of_entries_has_an_index(member, explained, filtered, index):
    await db.execute(
        """INSERT INTO audit_entries (id, chain_id, sequence, actor_id, action, at, subject_id,
                details, previous_hash, hash)
            SELECT gen_random_uuid(), $1, n, gen_random_uuid(), 'user.act_' || n % 500,
                now() - n * interval '1 minute', gen_random_uuid(), '{}', '', ''
            FROM generate_series(1, $2::int) n""",
        member.scope.user_id,  # a chain of its own
        MANY,
    )
    await db.execute("ANALYZE audit_entries, audit_personal")
    asked = dict(NO_FILTER)
    if filtered != "none":
        asked[filtered] = "user.act_7" if filtered == "action" else member.scope.user_id

    without = ("sort",) if filtered == "none" else ()
    plan = await explained(lambda: audit_queries.list_entries(**asked, limit=51), *without)

    assert index in plan


@pytest.mark.parametrize(
    ("sort", "index"),
    [
        ("newest", "job_failures_waiting_idx"),
        ("oldest", "job_failures_waiting_idx"),
        ("function", "job_failures_function_idx"),
        ("error", "job_failures_error_idx"),
    ],
)
async def test_a_page_of_failed_jobs_has_an_index_for_each_order(member, explained, sort, index):
    await db.execute(
        """INSERT INTO job_failures (id, function, job_key, payload, attempts, error_code, error,
                failed_at)
            SELECT gen_random_uuid(), 'does_' || n % 7, n::text, '{}', 3, 'Error' || n % 5, '',
                now() - n * interval '1 minute' FROM generate_series(1, $1::int) n""",
        MANY,
    )
    await db.execute("ANALYZE job_failures")
    no_filter = (None, None, None)
    first = await queries_failures.list_failures_of_server(
        no_filter, sort=sort, after=None, limit=51
    )
    last = [first[-1][column] for column in queries_failures.PLACES[sort]]

    plan = await explained(
        lambda: queries_failures.list_failures_of_server(
            no_filter, sort=sort, after=tuple(last), limit=51
        ),
        "sort",
        "bitmapscan",
    )

    assert index in plan
    assert '"Node Type": "Sort"' not in plan
