"""Outside services as an admin sees them, and a test of each through the real path."""

from datetime import datetime, timedelta

from server.admin import queries_integrations as queries
from server.admin.schemas_integrations import (
    IntegrationName,
    IntegrationOut,
    IntegrationsOut,
    IntegrationTestOut,
)
from server.admin.service_overview import shown
from server.audit import service as audit
from server.config import Settings
from server.db import Row, transaction
from server.errors import Conflict, NotFound
from server.health import checks, provider_checks
from server.health.checks import Check
from server.health.service import PROVIDER_LIMIT_S, look_at_storage
from server.integrations.providers import channel_for
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.messages import service as messages
from server.outbox import service as outbox

TEST_LIFE = timedelta(hours=1)
SUBJECT = "A test of CatchUp"
TEXT = "CatchUp: this is the test message that you asked for. All is well if you read it."
VARIABLES: dict[IntegrationName, list[str]] = {
    "sms": [
        "TWILIO_ACCOUNT_SID",
        "TWILIO_AUTH_TOKEN",
        "TWILIO_PHONE_NUMBER",
        "TWILIO_MESSAGING_SERVICE_SID",
    ],
    "email": ["SENDGRID_API_KEY", "SENDGRID_FROM_EMAIL", "SMTP_URL", "SMTP_FROM_EMAIL"],
    "storage": ["STORAGE_URL", "STORAGE_ENDPOINT"],
}


async def list_integrations(settings: Settings, *, now: datetime) -> IntegrationsOut:
    """Return each service: what is set up, and how it went; no provider is asked."""
    last = {row["channel"]: row for row in await queries.list_last_of_server()}
    heard = {row["provider"]: row["last_at"] for row in await queries.list_heard_of_server()}
    resting = {
        row["provider"]: row["open_until"]
        for row in await queries.list_breakers_of_server()
        if row["open_until"] and row["open_until"] > now
    }
    found = []
    for name in ("sms", "email"):
        channel = channel_for("sms" if name == "sms" else "email", settings)
        provider = channel.provider if channel else None
        found.append(
            _channel(
                "sms" if name == "sms" else "email",
                provider,
                last.get(name, {}),
                heard_at=heard.get(provider) if provider else None,
                resting_until=resting.get(provider) if provider else None,
            )
        )
    return IntegrationsOut(items=[*found, _storage(settings)])


def known(name: str) -> IntegrationName:
    """Return the service of this name.

    Raises:
        NotFound: there is none.
    """
    found = next((one for one in VARIABLES if one == name), None)
    if found is None:
        raise NotFound
    return found


async def try_out(
    name: IntegrationName,
    settings: Settings,
    *,
    send_to: Scope | None,
    by: Scope | None,
    now: datetime,
) -> IntegrationTestOut:
    """Ask a provider whether it would work; write a message to `send_to`, too.

    `by`: who asks; None at the server's own command line.

    Raises:
        Conflict: `no_channel`: they have no verified phone, or have said STOP.
    """
    if send_to and name != "storage":
        await _demand_reach(send_to, name)
    found = await checks.in_time(name, _probe(name, settings), limit_s=PROVIDER_LIMIT_S)
    async with transaction():
        message_id = None
        if send_to and name != "storage":
            message_id = await outbox.write(
                send_to,
                kind="test",
                channel=name,
                dedupe_key=f"test:{uuid7()}",
                subject="" if name == "sms" else SUBJECT,
                body=TEXT,
                is_urgent=True,
                life=TEST_LIFE,
                cause=outbox.Cause("account", send_to.user_id),
                now=now,
            )
        await audit.record(
            by.household_id if by else audit.SERVER_CHAIN,
            "integration.tested",
            actor_id=by.user_id if by else None,
            subject_kind="message" if message_id else None,
            subject_id=message_id,
            details={"name": name, "status": checks.worst(found), "sent": message_id is not None},
            now=now,
        )
    return IntegrationTestOut(
        name=name,
        status=checks.worst(found),
        checks=[shown(check) for check in found],
        message_id=message_id,
    )


async def _probe(name: IntegrationName, settings: Settings) -> list[Check]:
    if name == "sms":
        return [*await provider_checks.sms(settings), *await provider_checks.callbacks(settings)]
    if name == "email":
        return await provider_checks.email(settings)
    return await look_at_storage()


async def _demand_reach(scope: Scope, name: IntegrationName) -> None:
    if name == "email":
        return  # an account's mail goes to its address, whatever is chosen
    reach = await messages.reach_of([scope])
    if "sms" not in reach.get(scope.user_id, ()):
        raise Conflict(
            "An SMS does not reach you: verify your phone and choose SMS first.", code="no_channel"
        )


def _channel(
    name: IntegrationName,
    provider: str | None,
    last: Row,
    *,
    heard_at: datetime | None,
    resting_until: datetime | None,
) -> IntegrationOut:
    ok_at, error_at = last.get("last_ok_at"), last.get("last_error_at")
    is_failing = error_at is not None and (ok_at is None or error_at > ok_at)
    what = "SMS" if name == "sms" else "E-mail"
    if provider is None:
        sentence = f"{what} is not set up: these messages do not leave."
    elif resting_until:
        sentence = f"{provider} failed too often and is left alone for a while."
    elif is_failing:
        sentence = f"The last attempt at {provider} failed ({last.get('last_error_code')})."
    else:
        sentence = f"{what} leaves by {provider}."
    is_well = provider is not None and not resting_until and not is_failing
    return IntegrationOut(
        name=name,
        provider=provider,
        is_configured=provider is not None,
        status="off" if provider is None else "ok" if is_well else "warn",
        sentence=sentence,
        last_ok_at=ok_at,
        last_error_at=error_at,
        last_error_code=last.get("last_error_code"),
        resting_until=resting_until,
        last_webhook_at=heard_at,
        variables=VARIABLES[name],
    )


def _storage(settings: Settings) -> IntegrationOut:
    provider = (settings.storage_url or "file:").partition(":")[0]
    where = "in a folder of this machine" if provider == "file" else f"in a store ({provider})"
    return IntegrationOut(
        name="storage",
        provider=provider,
        is_configured=True,
        status="ok",
        sentence=f"Photos are kept {where}.",
        last_ok_at=None,
        last_error_at=None,
        last_error_code=None,
        resting_until=None,
        last_webhook_at=None,
        variables=VARIABLES["storage"],
    )
