"""Look at the trail each minute: anchor it, and tell the admins what is suspicious."""

from datetime import datetime

import structlog

from server.alerts import queries, rules
from server.alerts.rules import Alert
from server.alerts.words import body_of, subject_of
from server.audit import chain, service_anchors, service_verify
from server.audit import service as audit
from server.audit.verify import Flaw
from server.db import transaction
from server.lib.ids import uuid7
from server.outbox import service as outbox
from server.users import admins

log = structlog.get_logger()


async def watch(*, now: datetime) -> int:
    """Anchor the chains and judge what they hold of late; return the number of new alerts."""
    flaws = await service_anchors.anchor(now=now)
    recent = now - rules.WINDOW
    found = [
        *_broken(flaws, now=now),
        *rules.of_users(await queries.list_activity_of_server(since=recent)),
        *rules.of_addresses(
            await queries.list_failing_addresses_of_server(since=recent),
            chain_id=audit.SERVER_CHAIN,
        ),
        *rules.of_events(await queries.list_events_of_server(since=now - rules.LOOK_BACK)),
    ]
    return await raise_alerts(found, now=now)


async def verify(*, now: datetime) -> int:
    """Verify every chain from its start; return how many are not whole, each an alert."""
    flaws = [verdict.flaw for verdict in await service_verify.verify() if verdict.flaw]
    await raise_alerts(_broken(flaws, now=now), now=now)
    return len(flaws)


async def raise_alerts(found: list[Alert], *, now: datetime) -> int:
    """Raise each alert that was not raised for its subject that day; return the number of them.

    Each goes to the trail, to the log and to every admin's mailbox, in one transaction.
    """
    # Those of former keys, too: a new key of the trail makes no alert new.
    named = [(alert, _names(alert)) for alert in found]
    asked = [name for _, names in named for name in names]
    known = await queries.list_names_of_server(asked) if asked else set()
    return sum(
        [
            await _raise(alert, names[0], now=now)
            for alert, names in named
            if known.isdisjoint(names)
        ]
    )


async def _raise(alert: Alert, name: bytes, *, now: datetime) -> bool:
    alert_id = uuid7()
    async with transaction():
        if not await queries.find_or_insert_alert(alert_id, alert.kind, name, now=now):
            return False
        for scope in await admins.list_admins():
            await outbox.write(
                scope,
                kind="security_alert",
                dedupe_key=f"security_alert:{alert_id}:{scope.user_id}",
                subject=subject_of(alert),
                body=body_of(alert),
                now=now,
                is_urgent=True,
                cause=outbox.Cause("alert", alert_id),
            )
        await audit.record(
            alert.chain_id,
            f"alert.{alert.kind}",
            actor_id=None,
            subject_kind="user" if alert.user_id else None,
            subject_id=alert.user_id,
            address=alert.address,
            details=dict(alert.details),
            now=now,
        )
    log.warning(
        "security.alert",
        kind=alert.kind,
        user_id=str(alert.user_id) if alert.user_id else None,
        details=dict(alert.details),
    )
    return True


def _names(alert: Alert) -> list[bytes]:
    return chain.names_of(alert.kind, alert.subject, alert.at.date().isoformat())


def _broken(flaws: list[Flaw], *, now: datetime) -> list[Alert]:
    return [
        rules.of_broken(
            audit.name_of_chain(flaw.chain_id),
            sequence=flaw.sequence,
            kind=str(flaw.kind),
            chain_id=audit.SERVER_CHAIN,
            now=now,
        )
        for flaw in flaws
    ]
