"""What the daily run deletes, and what it leaves."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from server import config, db
from server.audit import service as audit
from server.audit import service_verify
from server.jobs import retention
from server.lib.ids import uuid7
from tests.factories import Member
from tests.rows import insert, insert_own
from tests.times import MONDAY


async def apply(settings: config.Settings) -> dict[str, int]:
    return await retention.apply(settings, now=MONDAY)


def ago(days: float) -> datetime:
    return MONDAY - timedelta(days=days)


async def count(table: str) -> int:
    return int(await db.fetch_value(f"SELECT count(*) FROM {table}"))


async def make_import(member: Member, created_at: datetime, *, items: int = 1) -> None:
    import_id = await insert_own(
        "imports", member, format="vcard", content_sha256=b"", created_at=created_at, created=items,
        updated=0, unchanged=0, skipped=0, failed=0,
    )  # fmt: skip
    for position in range(1, items + 1):
        await insert_own(
            "import_items",
            member,
            import_id=import_id,
            position=position,
            line=1,
            outcome="created",
        )


async def only_session(member: Member) -> UUID:
    found = await db.fetch_value("SELECT id FROM sessions WHERE user_id = $1", member.scope.user_id)
    return UUID(str(found))


async def test_an_old_imports_ledger_goes_and_its_counts_stay(database, member):
    await make_import(member, ago(91))

    assert (await apply(database))["import_items"] == 1
    assert await count("imports") == 1


async def test_a_young_imports_ledger_stays(database, member):
    await make_import(member, ago(89))

    assert (await apply(database))["import_items"] == 0


async def test_a_long_ledger_goes_in_several_batches(database, member, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    await make_import(member, ago(91), items=5)

    assert (await apply(database))["import_items"] == 5


async def test_failed_jobs_are_kept_for_their_time(database):
    for days in (29, 31):
        await insert(
            "job_failures",
            function="publish",
            job_key="publish:1",
            payload={},
            attempts=3,
            error_code="ValueError",
            error="ValueError",
            failed_at=ago(days),
        )

    assert (await apply(database))["job_failures"] == 1


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
async def test_an_ended_session_goes_with_its_refresh_tokens(database, member, column):
    session_id = await only_session(member)
    await db.execute(f"UPDATE sessions SET {column} = $2 WHERE id = $1", session_id, ago(31))

    assert (await apply(database))["sessions"] == 1
    assert await count("refresh_tokens") == 0


async def test_a_session_that_ended_lately_stays(database, member):
    session_id = await only_session(member)
    await db.execute("UPDATE sessions SET revoked_at = $2 WHERE id = $1", session_id, ago(29))

    assert (await apply(database))["sessions"] == 0


async def test_a_used_refresh_token_of_a_living_session_goes_in_time(database, member):
    await db.execute("UPDATE refresh_tokens SET used_at = $1", ago(31))

    assert (await apply(database))["refresh_tokens"] == 1
    assert await count("sessions") == 1


async def test_expired_idempotency_keys_go_and_others_stay(database, member):
    for name, days in (("old", 0.01), ("new", -0.01)):
        await insert_own(
            "idempotency_keys",
            member,
            key=name,
            status=200,
            body=b"",
            created_at=ago(2),
            expires_at=ago(days),
        )

    await apply(database)

    assert await db.fetch_value("SELECT string_agg(key, ',') FROM idempotency_keys") == "new"


async def test_sign_ins_that_nobody_completed_go(database, member):
    for name, days in ((b"old", 0.01), (b"new", -0.01)):
        await insert_own(
            "sign_in_challenges",
            member,
            token_hash=name,
            created_at=ago(1),
            expires_at=ago(days),
        )

    await apply(database)

    assert await db.fetch_value("SELECT token_hash FROM sign_in_challenges") == b"new"
    assert await count("sign_in_challenges") == 1


async def test_a_second_run_finds_nothing(database, member):
    await make_import(member, ago(91))
    await apply(database)

    assert not any((await apply(database)).values())


async def test_what_let_people_in_goes_when_it_is_long_over(database, member):
    for days in (1, 40):
        over = {"created_at": ago(100), "expires_at": ago(days)}
        await insert_own("invitations", member, token_hash=bytes([days]), **over)
        await insert_own("password_resets", member, token_hash=bytes([days]), **over)
        await insert("sign_in_budgets", name=bytes([days]), full_at=ago(days - 0.5))
        await insert_own(
            "api_tokens", member, name="x", scopes=[], token_hash=bytes([days]), **over
        )

    gone = await apply(database)

    tables = ("invitations", "password_resets", "sign_in_budgets", "api_tokens")
    assert [gone[table] for table in tables] == [1, 1, 1, 1]
    assert [await count(table) for table in tables] == [1, 1, 1, 1]


async def test_the_trail_is_kept_for_two_years_and_then_goes(database):
    chain_id = uuid7()
    for days in (731, 729, 1):
        await audit.record(chain_id, "x", actor_id=None, now=ago(days))

    assert (await apply(database))["audit_entries"] == 1
    assert await count("audit_entries") == 2
    assert (await service_verify.verify_chain(chain_id)).flaw is None
