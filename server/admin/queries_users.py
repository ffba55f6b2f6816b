"""Users of the whole server, for who looks after it; what belongs to one is held to a scope."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.scope import Scope

_OPEN_ERASURE = "e.cancelled_at IS NULL AND e.erased_at IS NULL"
_LIVE = "s.revoked_at IS NULL AND s.expires_at > $1"
_USER = f"""u.id, u.household_id, u.email, u.name, u.server_role, u.household_role, u.zone,
    u.language, u.is_test_user, u.created_at, u.disabled_at,
    (SELECT max(e.due_at) FROM erasures e WHERE e.person_id = u.id AND {_OPEN_ERASURE})
        AS erased_from,
    EXISTS (SELECT FROM totp_factors t WHERE t.household_id = u.household_id
        AND t.user_id = u.id AND t.confirmed_at IS NOT NULL) AS has_mfa,
    (SELECT max(s.last_used_at) FROM sessions s WHERE s.household_id = u.household_id
        AND s.user_id = u.id AND s.console IS NULL) AS last_seen_at,
    (SELECT count(*) FROM sessions s WHERE s.household_id = u.household_id
        AND s.user_id = u.id AND {_LIVE}) AS sessions"""
_SEARCHED = "(lower(u.email) || ' ' || lower(u.name))"

# What a list is sorted by: the expression beside `id`, and the direction.
_ORDERS = {
    "newest": ("u.created_at", "DESC", "timestamptz"),
    "oldest": ("u.created_at", "ASC", "timestamptz"),
    "email": ("lower(u.email)", "ASC", "text"),
    "name": ("lower(u.name)", "ASC", "text"),
}
_STATES = {
    "active": "u.disabled_at IS NULL",
    "disabled": f"""u.disabled_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM erasures e WHERE e.person_id = u.id AND {_OPEN_ERASURE})""",
    "closed": f"u.id IN (SELECT e.person_id FROM erasures e WHERE {_OPEN_ERASURE})",
}


async def list_users_of_server(
    *,
    q: str | None,
    role: str | None,
    state: str | None,
    sort: str,
    after: tuple[Any, ...] | None,
    limit: int,
    now: datetime,
) -> list[Row]:
    """Return users after the place (what it is sorted by, id), which each row has as `place`.

    Only what is asked for stands in the statement, so that each list has an index of its own.
    """
    values: list[Any] = [now]

    def bind(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    place, direction, kind = _ORDERS[sort]
    conditions = ["true"]
    if q is not None:
        conditions.append(f"{_SEARCHED} LIKE lower({bind(_anywhere(q))})")
    if role is not None:
        conditions.append(f"u.server_role = {bind(role)}")
    if state is not None:
        conditions.append(_STATES[state])
    if after is not None:
        beyond = "<" if direction == "DESC" else ">"
        conditions.append(f"({place}, u.id) {beyond} ({bind(after[0])}::{kind}, {bind(after[1])})")
    order = f"{place} {direction}, u.id {direction}"
    return await db.fetch(
        f"""SELECT {_USER}, {place} AS place
            FROM (SELECT * FROM users u WHERE {" AND ".join(conditions)}
                ORDER BY {order} LIMIT {bind(limit)}) u
            ORDER BY {order}""",
        *values,
    )


async def find_user(user_id: UUID, *, now: datetime) -> Row | None:
    """Return anybody, with their household and what hangs on them, counted."""
    return await db.fetch_row(
        f"""SELECT {_USER}, u.password_changed_at, h.name AS household_name,
                (SELECT count(*) - 1 FROM users o WHERE o.household_id = u.household_id)
                    AS housemates,
                (SELECT count(*) FROM users o WHERE o.id <> u.id) AS others,
                (SELECT count(*) FROM users o WHERE o.id <> u.id AND o.server_role = 'admin'
                    AND o.disabled_at IS NULL) AS other_admins,
                (SELECT max(s.created_at) FROM sessions s WHERE s.household_id = u.household_id
                    AND s.user_id = u.id AND s.console IS NULL) AS last_sign_in_at,
                (SELECT count(*) FROM recovery_codes c WHERE c.household_id = u.household_id
                    AND c.user_id = u.id AND c.used_at IS NULL) AS recovery_codes_left,
                (SELECT count(*) FROM api_tokens t WHERE t.household_id = u.household_id
                    AND t.user_id = u.id AND t.revoked_at IS NULL AND t.expires_at > $1)
                    AS api_tokens,
                (SELECT count(*) FROM invitations i WHERE i.household_id = u.household_id
                    AND i.user_id = u.id AND i.revoked_at IS NULL AND i.used_at IS NULL
                    AND i.expires_at > $1) AS open_invitations
            FROM users u JOIN households h ON h.id = u.household_id WHERE u.id = $2""",
        now,
        user_id,
    )


async def get_shared(scope: Scope) -> int:
    """Return how many contacts and talks of the user's the household sees."""
    return int(
        await db.fetch_value(
            """SELECT (SELECT count(*) FROM contacts WHERE household_id = $1 AND user_id = $2
                    AND visibility = 'household')
                + (SELECT count(*) FROM interactions WHERE household_id = $1 AND user_id = $2
                    AND visibility = 'household')""",
            scope.household_id,
            scope.user_id,
        )
    )


def _anywhere(text: str) -> str:
    """Return the LIKE pattern of a text; what LIKE would read as a pattern is escaped."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
