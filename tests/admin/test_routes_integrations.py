"""Outside services as an admin sees them, and their test."""

import pytest

from server import config, db
from server.lib.clock import utc_now
from tests.rows import insert

PATH = "/api/admin/integrations"


async def listed(client, member):
    reply = await client.get(PATH, headers=member.headers)
    return {item["name"]: item for item in (await reply.get_json())["items"]}


async def tried(client, member, name, **body):
    reply = await client.post(f"{PATH}/{name}/test", headers=member.headers, json=body)
    return reply.status_code, await reply.get_json()


async def test_every_service_is_listed_also_without_a_provider(client, member):
    found = await listed(client, member)

    assert found.keys() == {"sms", "email", "storage"}
    assert "SMTP_URL" in found["email"]["variables"]


async def test_a_provider_that_rests_is_named(client, member, environment):
    environment.setenv("CATCHUP_CONSOLE", "true")
    config.settings.cache_clear()
    try:
        await insert(
            "provider_breakers",
            provider="console",
            failures=5,
            open_until=utc_now().replace(year=2100),
            last_error_code="x",
            changed_at=utc_now(),
        )
        found = await listed(client, member)
    finally:
        environment.delenv("CATCHUP_CONSOLE")
        config.settings.cache_clear()

    assert found["email"]["status"] == "warn"


async def test_a_test_asks_the_provider_and_leaves_its_mark_in_the_trail(client, member):
    status, found = await tried(client, member, "storage")

    assert (status, found["status"], found["message_id"]) == (200, "ok", None)
    entry = await db.fetch_row("SELECT * FROM audit_entries WHERE action = 'integration.tested'")
    assert entry is not None
    assert entry["actor_id"] == member.scope.user_id


async def test_a_real_mail_goes_to_who_asks_through_the_outbox(client, member):
    status, found = await tried(client, member, "email", send=True)

    assert status == 200
    row = await db.fetch_row("SELECT * FROM outbox_messages")
    assert row is not None
    assert (str(row["id"]), row["user_id"]) == (found["message_id"], member.scope.user_id)
    assert (row["kind"], row["channel"]) == ("test", "email")


async def test_an_sms_needs_a_phone(client, member):
    status, found = await tried(client, member, "sms", send=True)

    assert (status, found["code"]) == (409, "no_channel")


async def test_a_service_that_nobody_knows_is_not_there(client, member):
    status, _ = await tried(client, member, "fax")

    assert status == 404


@pytest.mark.parametrize("name", ["sms", "email"])
async def test_who_is_no_admin_tests_nothing(client, stranger, name):
    status, found = await tried(client, stranger, name)

    assert (status, found["code"]) == (403, "permission_missing")
