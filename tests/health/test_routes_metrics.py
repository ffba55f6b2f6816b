from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server import db
from server.app import create_app
from server.health import service_metrics
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.suggestions import generation
from tests.contacts.factories import make_contact
from tests.messages.letters import insert_letter
from tests.rows import insert, make

HERE = {"client": ("127.0.0.1", 4711)}
ELSEWHERE = {"client": ("203.0.113.7", 4711)}


@pytest.fixture(autouse=True)
def counted_anew():
    service_metrics.forget()


async def scrape(client):
    reply = await client.get("/metrics", scope_base=HERE)
    assert reply.status_code == 200
    text = await reply.get_data(as_text=True)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def request_labels(method, route, status):
    return (("method", method), ("route", route), ("status", status))


async def test_the_names_that_alert_rules_use_are_there(client):
    await client.get("/health/live")
    names = {name for name, _ in await scrape(client)}

    assert names >= {
        "http_request_duration_seconds_bucket",
        "http_request_duration_seconds_count",
        "http_requests_total",
        "database_pool_waiting_count",
        "process_resident_memory_bytes",
    }


async def test_every_name_of_our_own_says_whose_it_is(client):
    fixed = ("http_request", "suggestions_generated", "database_pool_waiting", "process_resident")

    for name, _ in await scrape(client):
        assert name.startswith(("catchup_", *fixed)), name


async def test_requests_are_counted_by_the_template_of_their_address(client, member):
    labels = request_labels("GET", "/api/contacts/<uuid:contact_id>", "404")
    before = (await scrape(client)).get(("http_requests_total", labels), 0)

    await client.get(f"/api/contacts/{uuid7()}", headers=member.headers)

    found = await scrape(client)
    assert found[("http_requests_total", labels)] == before + 1
    assert found[("http_request_duration_seconds_count", labels)] == before + 1


async def test_strangers_make_no_series(client):
    for path, method in (("/secret-1", "GET"), ("/secret-2", "GET"), ("/secret-3", "BREW")):
        await client.open(path, method=method)

    found = await scrape(client)

    assert not [key for key in found if "secret" in str(key) or "BREW" in str(key)]
    assert found[("http_requests_total", request_labels("GET", "-", "404"))] >= 2
    assert found[("http_requests_total", request_labels("other", "-", "404"))] >= 1


async def test_suggestions_are_counted_by_their_trigger_also_when_their_contact_is_gone(
    client, member
):
    contact = await make_contact(member)
    await generation.generate([member.scope], now=utc_now())
    await db.execute("DELETE FROM contacts WHERE id = $1", contact.id)

    found = await scrape(client)

    assert found[("suggestions_generated_total", (("trigger_type", "timebound"),))] == 1
    assert await db.fetch_value("SELECT count(*) FROM suggestions") == 0


async def test_schedules_say_when_they_last_succeeded(client):
    now = utc_now()
    await db.execute(
        """INSERT INTO schedules (id, name, cron, interval_s, last_succeeded_at, created_at)
            VALUES ($1, 'tidy', '* * * * *', 60, $2, $2)""",
        uuid7(),
        now,
    )

    found = await scrape(client)

    name = (("schedule", "tidy"),)
    assert found[("catchup_schedule_last_success_timestamp_seconds", name)] == now.timestamp()
    assert found[("catchup_schedule_interval_seconds", name)] == 60


async def test_it_counts_who_waits_for_a_connection(client):
    async with db.connection():
        found = await scrape(client)

    assert found[("database_pool_waiting_count", ())] == 0
    assert found[("catchup_database_pool_connections", (("state", "used"),))] >= 1


async def test_it_answers_without_the_database(client, monkeypatch):
    async def fail(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr(db, "fetch_value", fail)

    found = await scrape(client)

    assert found[("catchup_database_up", ())] == 0
    assert ("process_resident_memory_bytes", ()) in found


async def test_figures_that_take_too_long_do_not_say_that_the_database_is_down(client, monkeypatch):
    async def fail(*_):
        raise TimeoutError

    monkeypatch.setattr(db, "fetch", fail)

    found = await scrape(client)

    assert found[("catchup_database_up", ())] == 1
    assert ("catchup_jobs_failed", ()) not in found


async def test_the_world_needs_an_admins_token(client, member, stranger):
    async def status(headers, scope):
        reply = await client.get("/metrics", headers=headers, scope_base=scope)
        return reply.status_code

    assert await status({}, ELSEWHERE) == 401
    assert await status(stranger.headers, ELSEWHERE) == 403
    assert await status(member.headers, ELSEWHERE) == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_what_a_proxy_passed_on_is_not_from_here(client, name):
    reply = await client.get("/metrics", headers={name: "127.0.0.1"}, scope_base=HERE)

    assert reply.status_code == 401


async def test_an_address_written_by_the_client_is_not_from_here(database):
    app = create_app(database.model_copy(update={"trusted_proxy_hops": 1}))

    reply = await app.test_client().get(
        "/metrics", headers={"X-Forwarded-For": "127.0.0.1"}, scope_base=ELSEWHERE
    )

    assert reply.status_code == 401


async def test_alerts_are_counted_by_kind(client):
    await db.execute(
        "INSERT INTO security_alerts (id, kind, name, at) VALUES ($1, 'mass_export', 'x', now())",
        uuid7(),
    )

    found = await scrape(client)

    name = "catchup_security_alerts_total"
    assert found[name, (("kind", "mass_export"),)] == 1
    assert found[name, (("kind", "audit_broken"),)] == 0


async def test_messages_are_counted_by_channel_and_state(client, member):
    now = utc_now()
    await insert_letter(member, created_at=now - timedelta(minutes=20), is_urgent=True)
    await insert_letter(member, created_at=now, channel="sms", state="accepted", sent_at=now)

    found = await scrape(client)

    assert found["catchup_messages", (("channel", "email"), ("state", "pending"))] == 1
    assert found["catchup_messages", (("channel", "sms"), ("state", "accepted"))] == 1
    assert found["catchup_messages_overdue", ()] == 1
    assert 1200 <= found["catchup_messages_oldest_pending_seconds", ()] < 1300


async def test_attempts_count_on_when_their_message_is_deleted(client, member):
    for _ in range(2):
        message_id = await insert_letter(member)
        ended = {"outcome": "again", "ended_at": utc_now()}
        await make("message_attempts", member, message_id=message_id, **ended)
    await db.execute("DELETE FROM outbox_messages WHERE id = $1", message_id)

    found = await scrape(client)

    labels = (("channel", "email"), ("outcome", "again"))
    assert found["catchup_message_attempts_total", labels] == 2


async def test_a_provider_that_has_a_rest_is_named(client, database):
    now = utc_now()
    for provider, open_until in (("twilio", now + timedelta(minutes=1)), ("smtp", now)):
        await insert("provider_breakers", provider=provider, open_until=open_until, changed_at=now)

    found = await scrape(client)

    assert found["catchup_provider_breaker_open", (("provider", "twilio"),)] == 1
    assert found["catchup_provider_breaker_open", (("provider", "smtp"),)] == 0
