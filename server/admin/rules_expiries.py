"""How urgent each thing is that ends or grows old, and the sentence for it; no I/O, no clock."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from server.admin.schemas_expiries import ExpiryKind, ExpiryOut
from server.admin.schemas_overview import Screen
from server.db import Row
from server.health.certificate import Certificate
from server.health.checks import Check

Status = Literal["ok", "warn", "fail"]

CERTIFICATE_SOON = timedelta(days=14)
CERTIFICATE_LATE = timedelta(days=3)
TOKEN_SOON = timedelta(days=7)
KEY_OLD = timedelta(days=365)
ANCHOR_LATE = timedelta(minutes=10)
SILENT_FOR = timedelta(hours=6)
"""So long after our last message a provider should have told what became of it."""

_ORDER: tuple[Status, ...] = ("fail", "warn", "ok")
_KEYS = {
    "master": "master key",
    "data": "oldest data key",
    "index": "key of the search indexes",
    "jwt": "signing key",
    "audit": "key of the audit trail",
    "mac": "key of callbacks",
}
_TOLD = ("twilio", "sendgrid")


def in_order(found: Sequence[ExpiryOut]) -> list[ExpiryOut]:
    """Return the worst first, then the first to end; what does not end comes last."""
    return sorted(
        found,
        key=lambda one: (
            _ORDER.index(one.status),
            one.ends_at is None,
            one.ends_at.timestamp() if one.ends_at else 0,
        ),
    )


def of_certificate(seen: Certificate, *, now: datetime) -> ExpiryOut:
    """Judge the certificate of PUBLIC_URL."""
    fix = "Renew it where TLS ends: at the reverse proxy."
    if seen.ends_at is None:
        sentence = f"The certificate of {seen.host} could not be checked: {seen.problem}."
        return _expiry("certificate", seen.host, "warn", sentence, fix=fix, screen="overview")
    left = seen.ends_at - now
    status: Status = "ok"
    if left < CERTIFICATE_SOON:
        status = "fail" if left < CERTIFICATE_LATE else "warn"
    sentence = f"The certificate of {seen.host} ends {_in(left)}."
    return _expiry(
        "certificate", seen.host, status, sentence, fix=fix, screen="overview", ends_at=seen.ends_at
    )


def of_key(row: Row, *, now: datetime) -> ExpiryOut:
    """Judge the age of the oldest active key of a purpose."""
    purpose, name = row["purpose"], _KEYS[row["purpose"]]
    age = now - row["created_at"]
    return _expiry(
        "key",
        purpose,
        "warn" if age > KEY_OLD else "ok",
        f"The {name} is {_days(age)} old.",
        fix=f"Run `catchup keys rotate {purpose}`.",
        screen="keys",
        since=row["created_at"],
    )


def of_token(row: Row, *, now: datetime) -> ExpiryOut:
    """Judge an API token that ends; what uses it stops then."""
    left = row["expires_at"] - now
    return _expiry(
        "api_token",
        "API token",
        "warn" if left < TOKEN_SOON else "ok",
        f"An API token ends {_in(left)}.",
        fix="Its owner can rotate it: `catchup tokens rotate`.",
        screen="users",
        id=str(row["id"]),
        ends_at=row["expires_at"],
    )


def of_invitation(row: Row, *, now: datetime) -> ExpiryOut:
    """Say when an invitation ends."""
    sentence = f"An invitation ends {_in(row['expires_at'] - now)}."
    return _expiry(
        "invitation",
        "invitation",
        "ok",
        sentence,
        screen="users",
        id=str(row["id"]),
        ends_at=row["expires_at"],
    )


def of_disk(check: Check) -> ExpiryOut:
    """Say how much room is left where data goes."""
    sentence = f"{check.detail}."
    return _expiry("disk", "disk", check.status, sentence, fix=check.fix or None, screen="overview")


def of_anchor(row: Row, *, now: datetime) -> ExpiryOut:
    """Judge the newest anchor of the audit trail: what came after could be cut off unseen."""
    at = row["at"]
    sentence = (
        f"The audit trail was last anchored {_days(now - at)} ago."
        if at
        else "The audit trail has no anchor yet."
    )
    if row["is_late"]:
        sentence = "Entries of the audit trail wait for their anchor."
    return _expiry(
        "audit_anchor",
        "audit trail",
        "warn" if row["is_late"] else "ok",
        sentence,
        fix="See that `catchup worker` runs: `watch_audit` anchors each minute.",
        screen="audit",
        since=at,
    )


def of_webhook(
    provider: str, *, heard_at: datetime | None, sent_at: datetime | None, now: datetime
) -> ExpiryOut:
    """Judge whether a provider tells what becomes of messages, as far as ours show it."""
    is_silent = (
        provider in _TOLD
        and sent_at is not None
        and now - sent_at > SILENT_FOR
        and (heard_at is None or heard_at < sent_at)
    )
    name = provider.capitalize()
    heard = f"was last heard of {_days(now - heard_at)} ago" if heard_at else "was never heard of"
    more = ", although it took messages since" if is_silent else ""
    return _expiry(
        "webhook",
        provider,
        "warn" if is_silent else "ok",
        f"{name} {heard}{more}.",
        fix="Look at its webhooks: `catchup doctor` sends itself one.",
        screen="integrations",
        since=heard_at,
    )


def _expiry(
    kind: ExpiryKind,
    name: str,
    status: Status,
    sentence: str,
    *,
    screen: Screen,
    fix: str | None = None,
    id: str | None = None,  # noqa: A002  # the field's name
    ends_at: datetime | None = None,
    since: datetime | None = None,
) -> ExpiryOut:
    return ExpiryOut(
        kind=kind,
        name=name,
        id=id,
        status=status,
        sentence=sentence,
        ends_at=ends_at,
        since=since,
        fix=fix if status != "ok" else None,
        screen=screen,
    )


def _in(left: timedelta) -> str:
    return f"in {_days(left)}" if left > timedelta(0) else f"{_days(-left)} ago"


def _days(span: timedelta) -> str:
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if span >= length:
            count = span // length
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than an hour"
