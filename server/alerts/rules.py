"""What is suspicious: pure decisions over what the audit trail holds of the last hours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from server.lib.addresses import network_of

Row = Mapping[str, Any]

WINDOW = timedelta(hours=1)
"""What is counted is counted over this long."""
LOOK_BACK = timedelta(days=1)
"""What alone is an alert is found this long after, should no worker run meanwhile."""

FAILURES_OF_ACCOUNT = 10
FAILURES_OF_ADDRESS = 30
CONTACTS_EXPORTED = 500
EXPORTS = 5
CONTACTS_DELETED = 50


class AlertKind(StrEnum):
    """What was noticed."""

    NEW_DEVICE = "new_device"
    MANY_FAILURES = "many_failures"
    MASS_EXPORT = "mass_export"
    MASS_DELETION = "mass_deletion"
    REFRESH_REUSED = "refresh_reused"
    AUDIT_BROKEN = "audit_broken"


QUIET = frozenset({AlertKind.NEW_DEVICE})
"""Happens to everybody now and then: told, but no reason for the server to be unwell."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that was noticed, on whose chain; `subject` tells it from others of its kind.

    An address is personal: it goes where the trail can erase it, never into `details`.
    """

    kind: AlertKind
    chain_id: UUID
    subject: str
    at: datetime
    user_id: UUID | None = None
    address: str | None = None
    details: dict[str, str | int] = field(default_factory=dict)


def of_users(rows: Iterable[Row]) -> list[Alert]:
    """Judge what each user did, or what was tried on their account, within WINDOW.

    Rows: chain_id, user_id, at (the newest), failures, exports, exported, deleted.
    """
    return [alert for row in rows for alert in _of_user(row)]


def of_addresses(rows: Sequence[Row], *, chain_id: UUID) -> list[Alert]:
    """Judge the failures of each network within WINDOW; rows: address, failures, at.

    An IPv6 client has a /64 to itself, so that is what counts.
    """
    networks: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        networks[network_of(row["address"])].append(row)
    return [
        Alert(
            AlertKind.MANY_FAILURES,
            chain_id,
            network,
            max(row["at"] for row in found),
            address=found[0]["address"],
            details={"failures": failures},
        )
        for network, found in networks.items()
        if (failures := sum(row["failures"] for row in found)) >= FAILURES_OF_ADDRESS
    ]


def of_events(rows: Iterable[Row]) -> list[Alert]:
    """Judge what alone is an alert; rows: chain_id, user_id, subject_id, at, action, address."""
    kinds = {"user.signed_in": AlertKind.NEW_DEVICE, "session.ended": AlertKind.REFRESH_REUSED}
    return [
        Alert(
            kinds[row["action"]],
            row["chain_id"],
            str(row["subject_id"] or row["user_id"]),
            row["at"],
            user_id=row["user_id"],
            address=row["address"],
        )
        for row in rows
    ]


def of_broken(name: str, *, sequence: int, kind: str, chain_id: UUID, now: datetime) -> Alert:
    """Return the alert of the chain called `name`, which is not whole; it goes to `chain_id`.

    Not to the chain itself: an entry more would stand where others were cut off.
    """
    details: dict[str, str | int] = {"chain": name, "sequence": sequence, "flaw": kind}
    return Alert(AlertKind.AUDIT_BROKEN, chain_id, name, now, details=details)


def _of_user(row: Row) -> list[Alert]:
    found: list[tuple[AlertKind, dict[str, str | int]]] = []
    if row["failures"] >= FAILURES_OF_ACCOUNT:
        found.append((AlertKind.MANY_FAILURES, {"failures": row["failures"]}))
    if row["exported"] >= CONTACTS_EXPORTED or row["exports"] >= EXPORTS:
        counts: dict[str, str | int] = {"contacts": row["exported"], "exports": row["exports"]}
        found.append((AlertKind.MASS_EXPORT, counts))
    if row["deleted"] >= CONTACTS_DELETED:
        found.append((AlertKind.MASS_DELETION, {"contacts": row["deleted"]}))
    return [
        Alert(
            kind,
            row["chain_id"],
            str(row["user_id"]),
            row["at"],
            user_id=row["user_id"],
            details=details,
        )
        for kind, details in found
    ]
