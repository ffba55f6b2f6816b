"""How the server is, for its admins: overview, history, expiries, settings, upgrade."""

from datetime import timedelta

import pytest

from server import db, queue
from server.admin import queries_overview, service_expiries, service_overview
from server.audit import service as audit
from server.audit import service_anchors
from server.embedded.running import Seen
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.samples import queries as samples
from server.samples.rules import floor
from tests.conftest import MASTER_KEY
from tests.messages.letters import insert_letter
from tests.rows import make

PATHS = ("overview", "samples", "expiries", "settings", "upgrade", "integrations")


@pytest.fixture(autouse=True)
def looked_at_anew():
    service_overview.forget()
    service_expiries.forget()


async def get(client, member, path):
    reply = await client.get(f"/api/admin/{path}", headers=member.headers)
    assert reply.status_code == 200, await reply.get_data()
    return await reply.get_json()


async def codes(client, member):
    return {need["code"]: need for need in (await get(client, member, "overview"))["needs_you"]}


async def fail_job(**more):
    await db.execute(
        """INSERT INTO job_failures
                (id, function, job_key, payload, attempts, error_code, error, failed_at)
            VALUES ($1, 'retention', 'retention', '{}', 3, 'OSError', 'OSError', $2)""",
        uuid7(),
        utc_now(),
    )


@pytest.mark.parametrize("path", PATHS)
async def test_who_is_no_admin_sees_nothing(client, stranger, path):
    reply = await client.get(f"/api/admin/{path}", headers=stranger.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (403, "permission_missing")


@pytest.mark.parametrize("path", ["settings", "upgrade", "integrations", "keys", "alerts"])
async def test_an_admin_who_has_a_reply_already_gets_no_second_one(client, member, path):
    first = await client.get(f"/api/admin/{path}", headers=member.headers)
    known = {**member.headers, "If-None-Match": first.headers["ETag"]}

    again = await client.get(f"/api/admin/{path}", headers=known)

    assert (again.status_code, await again.get_data()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


async def test_a_reply_that_changed_is_sent_again(client, member):
    first = await client.get("/api/admin/messages", headers=member.headers)
    await insert_letter(member)
    known = {**member.headers, "If-None-Match": first.headers["ETag"]}

    again = await client.get("/api/admin/messages", headers=known)

    assert (again.status_code, len((await again.get_json())["items"])) == (200, 1)


async def test_the_overview_names_each_check_with_its_detail(client, member):
    found = await get(client, member, "overview")

    checks = {check["name"]: check for check in found["checks"]}
    assert checks.keys() >= {"database", "redis", "memory", "migrations", "schedules", "disk"}
    assert checks["schedules"]["fix"] == "run `catchup worker`"


async def test_the_overview_counts(client, member, stranger):
    await insert_letter(member)
    await insert_letter(member, state="failed")
    await fail_job()
    await queue.enqueue("retention", key=str(uuid7()))

    counts = (await get(client, member, "overview"))["counts"]

    assert (counts["users"], counts["users_disabled"]) == (2, 0)
    assert counts["jobs"] == {"queued": 1, "running": 0, "failed": 1}
    assert counts["messages"] == {"pending": 1, "failed": 1, "unknown": 0}


async def test_what_waits_for_somebody_is_named_with_its_screen(client, member):
    await fail_job()

    need = (await codes(client, member))["jobs_failed"]

    assert (need["severity"], need["screen"]) == ("warn", "queues")
    assert need["sentence"].startswith("1 job failed")


async def test_alerts_are_named_once(client, member):
    await db.execute(
        "INSERT INTO security_alerts (id, kind, name, at) VALUES ($1, 'password_guessing', $2, $3)",
        uuid7(),
        b"x",
        utc_now(),
    )

    found = await codes(client, member)

    assert [code for code in found if "alert" in code or "security" in code] == ["alerts"]


async def test_a_check_that_fails_leads_to_its_screen(client, member):
    found = await codes(client, member)

    assert found["schedules_no_worker"]["screen"] == "queues"


async def test_without_redis_the_queue_is_not_counted(client, member, monkeypatch):
    async def away():
        raise ConnectionRefusedError

    monkeypatch.setattr(queue, "count_jobs", away)

    counts = (await get(client, member, "overview"))["counts"]

    assert counts["jobs"] == {"queued": None, "running": None, "failed": 0}


async def test_without_counts_there_are_still_checks(client, member, monkeypatch):
    async def away(**_):
        raise ConnectionRefusedError

    monkeypatch.setattr(queries_overview, "count_of_server", away)

    found = await get(client, member, "overview")

    assert found["counts"] is None
    assert found["checks"]


async def test_a_box_has_no_processes_of_its_own(client, member):
    found = await get(client, member, "overview")

    assert (found["mode"], found["processes"]) == ("box", [])


async def test_in_embedded_mode_its_processes_are_listed(client, member, monkeypatch):
    seen = [Seen("server", 7, 1_000.4, 1, 2000), Seen("worker", 8, 1_000.4, None, None)]
    monkeypatch.setattr(service_overview, "list_running", lambda _home: seen)

    found = await get(client, member, "overview")

    assert found["mode"] == "embedded"
    assert [(one["name"], one["is_running"]) for one in found["processes"]] == [
        ("server", True),
        ("worker", False),
    ]


async def keep(at):
    await samples.insert_sample_of_server(
        samples.Noted(
            "server",
            at,
            cpu_percent=30.0,
            memory_bytes=1000,
            latency_counts=[0, 0, 0, 20, *[0] * 24],
            queued=1,
            running=0,
            connections=2,
        )
    )


async def test_samples_of_the_last_three_hours_are_shown(client, member):
    at = floor(utc_now(), 10) - timedelta(minutes=5)
    await keep(at)

    found = await get(client, member, "samples")

    (sample,) = found["items"]
    assert (found["step_s"], sample["requests_per_s"], sample["cpu_percent"]) == (10, 2, 30)
    assert 2 < sample["latency_p50_ms"] < 3
    assert sample["at"] == at.isoformat().replace("+00:00", "Z")


async def test_older_samples_come_in_the_step_that_is_kept(client, member):
    since = (utc_now() - timedelta(days=3)).isoformat().replace("+00:00", "Z")

    found = await get(client, member, f"samples?from={since}&step_s=10")

    assert found["step_s"] == 600
    assert found.keys() == {"since", "until", "step_s", "items"}


async def test_a_span_that_ends_before_it_begins_is_refused(client, member):
    path = "/api/admin/samples?from=2026-03-02T00:00:00Z&until=2026-03-01T00:00:00Z"

    reply = await client.get(path, headers=member.headers)

    body = await reply.get_json()
    assert (reply.status_code, body["errors"][0]["code"]) == (400, "empty_span")


async def test_an_api_token_that_ends_soon_is_on_the_board(client, member):
    now = utc_now()
    token_id = await make(
        "api_tokens",
        member,
        name="x",
        scopes=[],
        created_at=now,
        expires_at=now + timedelta(days=2),
    )

    found = (await get(client, member, "expiries"))["items"]

    (token,) = [one for one in found if one["kind"] == "api_token"]
    assert (token["id"], token["status"]) == (str(token_id), "warn")


async def test_every_kind_of_key_has_an_age(client, member):
    found = (await get(client, member, "expiries"))["items"]

    assert {one["name"] for one in found if one["kind"] == "key"} >= {"master", "data", "jwt"}


async def test_a_trail_whose_anchor_is_late_warns(client, member):
    await audit.record(
        audit.SERVER_CHAIN, "x", actor_id=None, now=utc_now() - timedelta(minutes=11)
    )

    found = (await get(client, member, "expiries"))["items"]

    (anchor,) = [one for one in found if one["kind"] == "audit_anchor"]
    assert (anchor["status"], anchor["screen"]) == ("warn", "audit")


async def test_a_trail_that_was_anchored_is_well(client, member):
    await audit.record(audit.SERVER_CHAIN, "x", actor_id=None, now=utc_now())
    await service_anchors.anchor(now=utc_now())

    found = (await get(client, member, "expiries"))["items"]

    (anchor,) = [one for one in found if one["kind"] == "audit_anchor"]
    assert (anchor["status"], anchor["since"] is not None) == ("ok", True)


async def test_a_secret_is_not_among_the_settings(client, member):
    reply = await client.get("/api/admin/settings", headers=member.headers)

    items = {one["name"]: one for one in (await reply.get_json())["items"]}
    key = items["ENCRYPTION_KEY"]
    assert (key["is_set"], key["is_secret"], key["value"]) == (True, True, None)
    assert MASTER_KEY not in await reply.get_data(as_text=True)


async def test_a_setting_tells_its_value_and_where_it_comes_from(client, member):
    items = {one["name"]: one for one in (await get(client, member, "settings"))["items"]}

    assert (items["REGISTRATION"]["value"], items["REGISTRATION"]["source"]) == (
        "open",
        "environment",
    )
    assert items["DATABASE_POOL_MAX"]["is_set"] is False


async def test_when_all_is_applied_an_upgrade_has_nothing_to_lock(client, member):
    found = await get(client, member, "upgrade")

    assert (found["pending"], found["estimate_s"]) == ([], 0)
    assert found["rollback"]["last_migration"] == max(
        row["name"] for row in await db.fetch("SELECT name FROM migration")
    )
    assert found["database_bytes"] > 2**20
