"""How every column is kept: the one table that classes them all (tests/keys/test_classes.py).

`SEARCHABLE` columns are personal but readable in the database, because lists, search and
matching need them; docs/SECURITY tells the household so. Every column that is not named here
is plain: ids, times, states, counts.
"""

from enum import StrEnum


class DataClass(StrEnum):
    """What a data key protects; each household has one key for each."""

    NOTES = "notes"
    CONTACT_EXTRAS = "contact_extras"
    IMPORTS = "imports"
    EVENTS = "events"
    MESSAGES = "messages"
    CREDENTIALS = "credentials"
    PHONES = "phones"
    IDEMPOTENCY = "idempotency"


ENCRYPTED: dict[tuple[str, str], DataClass] = {
    ("contacts", "notes"): DataClass.NOTES,
    ("contacts", "custom_fields"): DataClass.CONTACT_EXTRAS,
    ("contacts", "kept_properties"): DataClass.CONTACT_EXTRAS,
    ("interactions", "notes"): DataClass.NOTES,
    ("suggestions", "dismissed_note"): DataClass.NOTES,
    ("import_items", "ledger"): DataClass.IMPORTS,
    ("calendar_connections", "credential"): DataClass.CREDENTIALS,
    ("calendar_connections", "sync_state"): DataClass.CREDENTIALS,
    ("calendar_events", "component"): DataClass.EVENTS,
    ("calendar_occurrences", "details"): DataClass.EVENTS,
    ("outbox_messages", "address"): DataClass.MESSAGES,
    ("outbox_messages", "subject"): DataClass.MESSAGES,
    ("outbox_messages", "body"): DataClass.MESSAGES,
    ("inbox_messages", "body"): DataClass.MESSAGES,
    ("users", "phone"): DataClass.PHONES,
    ("idempotency_keys", "body"): DataClass.IDEMPOTENCY,
}

HASHED: frozenset[tuple[str, str]] = frozenset(
    {
        ("users", "password_hash"),
        ("users", "phone_index"),
        ("refresh_tokens", "token_hash"),
        ("api_tokens", "token_hash"),
        ("feeds", "token_hash"),
        ("imports", "content_sha256"),
        ("calendar_events", "component_sha256"),
        ("idempotency_keys", "request_sha256"),
        ("audit_entries", "previous_hash"),
        ("audit_entries", "hash"),
    }
)

WRAPPED: frozenset[tuple[str, str]] = frozenset({("key_ring", "wrapped")})

SEARCHABLE: frozenset[tuple[str, str]] = frozenset(
    {
        ("users", "email"),
        ("users", "name"),
        ("users", "place"),
        ("households", "name"),
        ("contacts", "name"),
        ("contacts", "name_key"),
        ("contacts", "nickname"),
        ("contacts", "organisation"),
        ("contacts", "title"),
        ("contacts", "location"),
        ("contacts", "search_key"),
        ("contacts", "uid"),
        ("contact_points", "value"),
        ("contact_points", "normalised"),
        ("contact_points", "components"),
        ("contact_points", "label"),
        ("contact_points", "params"),
        ("contact_dates", "label"),
        ("contact_dates", "year"),
        ("contact_dates", "month"),
        ("contact_dates", "day"),
        ("groups", "name"),
        ("tags", "name"),
        ("tags", "name_key"),
        ("calendars", "name"),
        ("calendars", "external_id"),
        ("calendar_connections", "name"),
        ("calendar_events", "uid"),
        ("feeds", "name"),
        ("api_tokens", "name"),
        ("sessions", "address"),
        ("sessions", "user_agent"),
        ("audit_entries", "address"),
        ("suggestions", "reasons"),
    }
)
