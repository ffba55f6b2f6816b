"""What ends or grows old, gathered from rows, the disk and the certificate that the world sees."""

import time
from datetime import datetime, timedelta

from server import config
from server.admin import queries_expiries as queries
from server.admin import queries_integrations, rules_expiries
from server.admin.schemas_expiries import ExpiriesOut, ExpiryOut
from server.config import Settings
from server.health import certificate, checks, settings_checks
from server.health.certificate import Certificate
from server.integrations.providers import channel_for

KEEP_S = 60.0
"""Nothing here changes within a minute; the certificate is looked at less often still."""
CERTIFICATE_KEEP_S = 900.0
TOKENS_SHOWN = timedelta(days=30)
MOST_SHOWN = 50

_kept: list[tuple[float, list[ExpiryOut]]] = []
_seen: dict[str, tuple[float, Certificate | None]] = {}


async def list_expiries(settings: Settings, *, now: datetime) -> ExpiriesOut:
    """Return all of it, the worst first; it may be a minute old, the certificate 15 minutes."""
    if not _kept or time.monotonic() - _kept[0][0] > KEEP_S:
        found = rules_expiries.in_order(await _look(settings, now=now))
        _kept[:] = [(time.monotonic(), found)]
    return ExpiriesOut(items=_kept[0][1])


def forget() -> None:
    """Look anew at the next call (tests)."""
    _kept.clear()
    _seen.clear()


async def _look(settings: Settings, *, now: datetime) -> list[ExpiryOut]:
    rules = rules_expiries
    seen = await _certificate(settings.base_url)
    folders = settings_checks.data_folders(settings, config.home())
    tokens = await queries.list_tokens_of_server(
        until=now + TOKENS_SHOWN, now=now, limit=MOST_SHOWN
    )
    invitations = await queries.list_invitations_of_server(now=now, limit=MOST_SHOWN)
    anchor = await queries.find_anchor(before=now - rules.ANCHOR_LATE)
    return [
        *([rules.of_certificate(seen, now=now)] if seen else []),
        *(rules.of_key(row, now=now) for row in await queries.list_key_ages_of_server()),
        *(rules.of_token(row, now=now) for row in tokens),
        *(rules.of_invitation(row, now=now) for row in invitations),
        *(rules.of_disk(checks.disk(folder)) for folder in folders),
        rules.of_anchor(anchor, now=now),
        *await _webhooks(settings, now=now),
    ]


async def _webhooks(settings: Settings, *, now: datetime) -> list[ExpiryOut]:
    """Judge the providers that are set up and that can reach us."""
    if settings.public_url is None:
        return []
    heard = {
        row["provider"]: row["last_at"] for row in await queries_integrations.list_heard_of_server()
    }
    sent = {
        row["channel"]: row["last_ok_at"]
        for row in await queries_integrations.list_last_of_server()
    }
    found = []
    for name in ("sms", "email"):
        channel = channel_for("sms" if name == "sms" else "email", settings)
        if channel is not None and channel.provider in ("twilio", "sendgrid"):
            found.append(
                rules_expiries.of_webhook(
                    channel.provider,
                    heard_at=heard.get(channel.provider),
                    sent_at=sent.get(name),
                    now=now,
                )
            )
    return found


async def _certificate(url: str) -> Certificate | None:
    kept = _seen.get(url)
    if kept is None or time.monotonic() - kept[0] > CERTIFICATE_KEEP_S:
        kept = _seen[url] = (time.monotonic(), await certificate.look(url))
    return kept[1]
