"""What the trail holds of the last hours, and the alerts raised. None belongs to one user."""

from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row


async def list_activity_of_server(*, since: datetime) -> list[Row]:
    """Return chain_id, user_id, at, failures, exports, exported and deleted of each user."""
    return await db.fetch(
        """SELECT chain_id, coalesce(actor_id, subject_id) AS user_id, max(at) AS at,
                count(*) FILTER (WHERE action = 'user.sign_in_failed') AS failures,
                count(*) FILTER (WHERE action = ANY($2)) AS exports,
                coalesce(sum((details->>'contacts')::int) FILTER (WHERE action = ANY($2)), 0)
                    AS exported,
                count(*) FILTER (WHERE action = 'contact.deleted')
                    + coalesce(sum((details->>'deleted')::int)
                        FILTER (WHERE action = 'contacts.import_undone'), 0) AS deleted
            FROM audit_entries
            WHERE at > $1 AND coalesce(actor_id, subject_id) IS NOT NULL
                AND action = ANY($2 || ARRAY['user.sign_in_failed', 'contact.deleted',
                    'contacts.import_undone'])
            GROUP BY chain_id, coalesce(actor_id, subject_id)""",
        since,
        ["contacts.exported", "account.exported"],
    )


async def list_failing_addresses_of_server(*, since: datetime) -> list[Row]:
    """Return address, failures and at (the newest) of each address that failed to sign in."""
    return await db.fetch(
        """SELECT p.address, count(*) AS failures, max(e.at) AS at
            FROM audit_entries e JOIN audit_personal p ON p.id = e.id
            WHERE e.at > $1 AND e.action = 'user.sign_in_failed'
            GROUP BY p.address ORDER BY p.address""",
        since,
    )


async def list_events_of_server(*, since: datetime) -> list[Row]:
    """Return sign-ins from new devices and sessions ended for a reused token, oldest first.

    With chain_id, user_id, subject_id, at, action and address.
    """
    return await db.fetch(
        """SELECT e.chain_id, e.actor_id AS user_id, coalesce(e.subject_id, e.id) AS subject_id,
                e.at, e.action, p.address
            FROM audit_entries e LEFT JOIN audit_personal p ON p.id = e.id
            WHERE e.at > $1 AND (
                (e.action = 'user.signed_in' AND e.details @> '{"new_device": true}')
                OR (e.action = 'session.ended' AND e.details @> '{"reason": "refresh_reused"}'))
            ORDER BY e.at, e.id""",
        since,
    )


async def list_names_of_server(names: list[bytes]) -> set[bytes]:
    """Return which of these alerts were raised already."""
    rows = await db.fetch("SELECT name FROM security_alerts WHERE name = ANY($1)", names)
    return {row["name"] for row in rows}


async def find_or_insert_alert(alert_id: UUID, kind: str, name: bytes, *, now: datetime) -> bool:
    """Note that an alert is raised; say whether it is the first of its name."""
    return bool(
        await db.execute(
            """INSERT INTO security_alerts (id, kind, name, at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (name) DO NOTHING""",
            alert_id,
            kind,
            name,
            now,
        )
    )


async def list_alerts_of_server(*, limit: int) -> list[Row]:
    """Return id, kind, at and is_acknowledged of the newest alerts."""
    return await db.fetch(
        """SELECT id, kind, at, at <= coalesce((SELECT max(at) FROM security_alerts
                WHERE kind = 'acknowledged'), '-infinity') AS is_acknowledged
            FROM security_alerts WHERE kind <> 'acknowledged' ORDER BY at DESC, id DESC LIMIT $1""",
        limit,
    )


async def insert_acknowledgement_of_server(row_id: UUID, name: bytes, *, up_to: datetime) -> None:
    """Note that somebody has seen every alert up to an instant: the table is never changed."""
    await db.execute(
        "INSERT INTO security_alerts (id, kind, name, at) VALUES ($1, 'acknowledged', $2, $3)",
        row_id,
        name,
        up_to,
    )
