"""Rows written straight into tables, for tests below and beside the services."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from migrations import m0002_rules, m0019_digests, m0020_replies, m0021_trace
from server import db
from server.lib.ids import uuid7
from tests.factories import Member
from tests.times import MONDAY


async def insert(table: str, **values: Any) -> UUID:
    """Insert one row with exactly these values and an id; return the id."""
    values = {"id": uuid7(), **values}
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await db.execute(
        f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", *values.values()
    )
    return UUID(str(values["id"]))


async def insert_own(table: str, owner: Member, **values: Any) -> UUID:
    """Insert one row of a user's; see `insert`."""
    mine = {"household_id": owner.scope.household_id, "user_id": owner.scope.user_id}
    return await insert(table, **{**mine, **values})


async def insert_contact(owner: Member, **values: Any) -> UUID:
    """Insert a contact: private unless said otherwise."""
    name = values.setdefault("name", "Ben")
    return await insert_own(
        "contacts",
        owner,
        **{
            "name_key": name.lower(),
            "search_key": name.lower(),
            "created_at": MONDAY,
            "updated_at": MONDAY,
            **values,
        },
    )


async def insert_suggestion(
    owner: Member, *contact_ids: UUID, slot_start: datetime | None = MONDAY, **values: Any
) -> UUID:
    """Insert a suggestion with a slot of half an hour: pending unless said otherwise."""
    suggestion_id = await insert_own(
        "suggestions",
        owner,
        **{
            "trigger": "timebound",
            "slot_start": slot_start,
            "slot_end": slot_start and slot_start + timedelta(minutes=30),
            "slot_zone": "Europe/Berlin",
            "reasons": [],
            "created_at": MONDAY,
            "updated_at": MONDAY,
            **values,
        },
    )
    for contact_id in contact_ids:
        await insert_own(
            "suggestion_contacts", owner, suggestion_id=suggestion_id, contact_id=contact_id
        )
    return suggestion_id


PARENTS = m0002_rules.PARENTS | m0019_digests.PARENTS | m0020_replies.PARENTS | m0021_trace.PARENTS
"""child table → (column, parent table, on delete)"""

# What a row of each table needs beside its ids; `make` adds a fresh parent for each reference.
_SAMPLES: dict[str, dict[str, Any]] = {
    "sessions": {
        "user_agent": "test",
        "address": "",
        "created_at": MONDAY,
        "last_used_at": MONDAY,
        "expires_at": MONDAY,
    },
    "refresh_tokens": {"created_at": MONDAY, "expires_at": MONDAY},
    "totp_factors": {"secret": b"x", "created_at": MONDAY},
    "recovery_codes": {"created_at": MONDAY},
    "sign_in_challenges": {"created_at": MONDAY, "expires_at": MONDAY},
    "proof_budgets": {"purpose": "session", "last_at": MONDAY},
    "api_tokens": {"name": "x", "scopes": [], "created_at": MONDAY},
    "invitations": {"created_at": MONDAY, "expires_at": MONDAY},
    "password_resets": {"created_at": MONDAY, "expires_at": MONDAY},
    "idempotency_keys": {
        "status": 200,
        "body": b"x",
        "created_at": MONDAY,
        "expires_at": MONDAY,
    },
    "contact_points": {"kind": "phone", "value": "+4930123456"},
    "contact_dates": {"kind": "birthday"},
    "phone_codes": {"phone": b"x", "created_at": MONDAY, "expires_at": MONDAY},
    "imports": {"format": "vcard", "content_sha256": b"x", "created_at": MONDAY},
    "import_items": {"outcome": "created"},
    "groups": {"created_at": MONDAY},
    "group_members": {"created_at": MONDAY},
    "tags": {"created_at": MONDAY},
    "contact_tags": {"created_at": MONDAY},
    "interactions": {
        "kind": "call",
        "state": "confirmed",
        "occurred_at": MONDAY,
        "created_at": MONDAY,
        "updated_at": MONDAY,
    },
    "calendar_connections": {"provider": "upload", "created_at": MONDAY},
    "calendars": {"created_at": MONDAY, "updated_at": MONDAY},
    "calendar_events": {
        "uid": "x",
        "component": b"x",
        "component_sha256": b"x",
        "first_start": MONDAY,
    },
    "calendar_occurrences": {"starts_at": MONDAY, "ends_at": MONDAY},
    "availability": {"windows": {}, "commute": {}},
    "feeds": {"name": "x", "created_at": MONDAY},
    "outbox_messages": {
        "kind": "digest",
        "channel": "email",
        "body": b"x",
        "next_attempt_at": MONDAY,
        "expires_at": MONDAY,
        "created_at": MONDAY,
    },
    "digest_schedules": {"rule": "x", "next_on": MONDAY.date(), "next_at": MONDAY},
    "digests": {
        "local_date": MONDAY.date(),
        "due_at": MONDAY,
        "state": "written",
        "written_at": MONDAY,
    },
    "suggestion_notices": {"purpose": "suggestion", "state": "written", "written_at": MONDAY},
    "message_codes": {"purpose": "suggestion", "created_at": MONDAY},
    "message_events": {"kind": "delivered", "at": MONDAY, "received_at": MONDAY, "data": {}},
    "message_attempts": {"number": 1, "channel": "email", "started_at": MONDAY},
    "inbox_messages": {"channel": "sms", "body": b"x", "received_at": MONDAY},
    "opt_outs": {"channel": "sms", "stopped_at": MONDAY},
    "reply_actions": {"action": "accept", "applied_at": MONDAY},
}
# Columns in which no two rows may say the same.
_DISTINCT: dict[str, tuple[str, ...]] = {
    "refresh_tokens": ("token_hash",),
    "api_tokens": ("token_hash",),
    "invitations": ("token_hash",),
    "recovery_codes": ("code_hash",),
    "sign_in_challenges": ("token_hash",),
    "password_resets": ("token_hash",),
    "feeds": ("token_hash",),
    "idempotency_keys": ("key",),
    "groups": ("name",),
    "tags": ("name", "name_key"),
    "outbox_messages": ("dedupe_key",),
    "message_events": ("provider_event_id",),
    "inbox_messages": ("provider_event_id",),
}
_OPTIONAL = {
    ("import_items", "contact_id"),
    ("groups", "promoted_from_tag_id"),
    ("interactions", "suggestion_id"),
    ("suggestions", "interaction_id"),
}

# Closed suggestions: two open ones would be at the same time.
_OVER: dict[tuple[str, str], dict[str, Any]] = {
    ("suggestion_notices", "suggestions"): {"state": "expired", "closed_at": MONDAY},
    ("message_codes", "suggestions"): {"state": "expired", "closed_at": MONDAY},
    ("reply_actions", "suggestions"): {"state": "expired", "closed_at": MONDAY},
}


async def make(table: str, owner: Member, **values: Any) -> UUID:
    """Insert a valid row of any table that belongs to a user, with the parents it needs."""
    own = uuid7()
    distinct = {
        column: own.bytes if column.endswith("hash") else str(own)
        for column in _DISTINCT.get(table, ())
    }
    parents = {
        column: await make(parent, owner, **_OVER.get((table, parent), {}))
        for column, parent, _ in PARENTS.get(table, [])
        if column not in values and (table, column) not in _OPTIONAL
    }
    row = {"id": own, **_SAMPLES.get(table, {}), **distinct, **parents, **values}
    if table == "contacts":
        return await insert_contact(owner, **row)
    if table == "suggestions":
        return await insert_suggestion(owner, **row)
    if table == "users":
        return await insert_user(owner, **row)
    return await insert_own(table, owner, **row)


async def insert_user(housemate: Member, **values: Any) -> UUID:
    """Insert another user of the household, who cannot sign in."""
    return await insert(
        "users",
        **{
            "household_id": housemate.scope.household_id,
            "email": f"{values.get('id', uuid7())}@example.org",
            "name": "",
            "password_hash": "",
            "password_changed_at": MONDAY,
            "created_at": MONDAY,
            **values,
        },
    )
