"""How every column is kept: the one table that classes them all (tests/keys/test_classes.py).

`SEARCHABLE` columns are personal but readable in the database, because lists, search and
matching need them. `PLAIN` columns hold text, too, but say
nothing about anybody; each group gives its reason. Numbers, times, flags and ids need no entry.
"""

from dataclasses import dataclass
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
    ("contacts", "photo_key"): DataClass.CONTACT_EXTRAS,
    ("interactions", "notes"): DataClass.NOTES,
    ("suggestions", "dismissed_note"): DataClass.NOTES,
    ("import_items", "ledger"): DataClass.IMPORTS,
    ("calendar_connections", "credential"): DataClass.CREDENTIALS,
    ("calendar_connections", "sync_state"): DataClass.CREDENTIALS,
    ("totp_factors", "secret"): DataClass.CREDENTIALS,
    ("calendar_events", "component"): DataClass.EVENTS,
    ("calendar_occurrences", "details"): DataClass.EVENTS,
    ("outbox_messages", "address"): DataClass.MESSAGES,
    ("outbox_messages", "subject"): DataClass.MESSAGES,
    ("outbox_messages", "body"): DataClass.MESSAGES,
    ("outbox_messages", "html"): DataClass.MESSAGES,
    ("inbox_messages", "body"): DataClass.MESSAGES,
    ("inbox_messages", "mail_id"): DataClass.MESSAGES,
    ("opt_outs", "former_numbers"): DataClass.MESSAGES,
    ("users", "phone"): DataClass.PHONES,
    ("phone_codes", "phone"): DataClass.PHONES,
    ("idempotency_keys", "body"): DataClass.IDEMPOTENCY,
}


@dataclass(frozen=True, slots=True)
class Blind:
    """An encrypted column that is looked up by HMAC: its value under keys of odd, even version.

    Beside each column of digests stands `…_key_id`. Two versions are never of one slot, so that
    while a key is rotated each row has both digests, and both unique indexes hold.
    """

    column: tuple[str, str]
    slots: tuple[str, str]


BLIND_INDEXES: tuple[Blind, ...] = (Blind(("users", "phone"), ("phone_index", "phone_index_2")),)

HASHED: frozenset[tuple[str, str]] = frozenset(
    {
        ("users", "password_hash"),
        ("users", "phone_index"),
        ("users", "phone_index_2"),
        ("refresh_tokens", "token_hash"),
        ("recovery_codes", "code_hash"),
        ("phone_codes", "number_hash"),
        ("phone_codes", "code_hash"),
        ("sign_in_challenges", "token_hash"),
        ("api_tokens", "token_hash"),
        ("api_tokens", "previous_hash"),
        ("invitations", "token_hash"),
        ("password_resets", "token_hash"),
        ("sign_in_budgets", "name"),
        ("feeds", "token_hash"),
        ("imports", "content_sha256"),
        ("contacts", "fingerprint"),
        ("calendar_events", "component_sha256"),
        ("erasures", "restore_hash"),
        ("audit_entries", "previous_hash"),
        ("audit_entries", "hash"),
        ("audit_entries", "commitment"),
        ("audit_personal", "salt"),
        ("audit_anchors", "hash"),
        ("audit_anchors", "signature"),
        ("security_alerts", "name"),
    }
)

WRAPPED: frozenset[tuple[str, str]] = frozenset(
    {
        ("key_ring", "wrapped"),
        # Under the token before it, which is stored as a hash only: no key of ours opens it.
        ("refresh_tokens", "successor"),
    }
)

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
        ("invitations", "email"),
        ("sessions", "address"),
        ("sessions", "user_agent"),
        ("audit_personal", "address"),
        ("suggestions", "reasons"),
    }
)

PLAIN: dict[str, frozenset[tuple[str, str]]] = {
    "a word from a fixed list of ours": frozenset(
        {
            ("users", "server_role"),
            ("users", "household_role"),
            ("sessions", "revoked_reason"),
            ("sessions", "console"),
            ("proof_budgets", "purpose"),
            ("samples", "process"),
            ("api_tokens", "scopes"),
            ("contacts", "visibility"),
            ("contacts", "zone_source"),
            ("contacts", "source"),
            ("contact_points", "kind"),
            ("contact_points", "source"),
            ("contact_dates", "kind"),
            ("contact_settings", "cadence"),
            ("contact_settings", "circle"),
            ("contact_settings", "preferred_way"),
            ("contact_tags", "source"),
            ("groups", "cadence"),
            ("imports", "format"),
            ("import_items", "outcome"),
            ("import_items", "code"),
            ("interactions", "visibility"),
            ("interactions", "kind"),
            ("interactions", "state"),
            ("suggestions", "trigger"),
            ("suggestion_totals", "trigger"),
            ("suggestions", "kind"),
            ("suggestions", "state"),
            ("suggestions", "way"),
            ("suggestions", "dismissed_reason"),
            ("calendar_connections", "provider"),
            ("calendar_connections", "last_error_code"),
            ("calendar_occurrences", "status"),
            ("feeds", "detail"),
            ("key_ring", "purpose"),
            ("key_ring", "data_class"),
            ("key_ring", "state"),
            ("key_ring", "algorithm"),
            ("key_rotations", "purpose"),
            ("key_rotations", "data_class"),
            ("key_rotations", "state"),
            ("key_rotations", "table_name"),
            ("outbox_messages", "kind"),
            ("outbox_messages", "channel"),
            ("outbox_messages", "state"),
            ("outbox_messages", "cause_kind"),
            ("outbox_messages", "held_reason"),
            ("outbox_messages", "suppressed_reason"),
            ("outbox_messages", "provider"),
            ("outbox_messages", "error_code"),
            ("opt_outs", "channel"),
            ("provider_breakers", "provider"),
            ("provider_breakers", "last_error_code"),
            ("message_events", "provider"),
            ("message_events", "kind"),
            ("message_attempts", "channel"),
            ("message_attempts", "outcome"),
            ("message_attempts", "code"),
            ("message_attempt_totals", "channel"),
            ("message_attempt_totals", "outcome"),
            ("inbox_messages", "channel"),
            ("inbox_messages", "provider"),
            ("inbox_messages", "state"),
            ("inbox_messages", "outcome_code"),
            ("reply_actions", "action"),
            ("reply_actions", "left_as"),
            ("reply_actions", "before_state"),
            ("audit_entries", "action"),
            ("audit_entries", "subject_kind"),
            ("audit_anchors", "kind"),
            ("security_alerts", "kind"),
            ("digests", "state"),
            ("digests", "reason"),
            ("suggestion_notices", "purpose"),
            ("suggestion_notices", "state"),
            ("suggestion_notices", "reason"),
            ("message_codes", "purpose"),
            ("schedules", "name"),
            ("schedules", "cron"),
            ("schedules", "last_error_code"),
            ("erasures", "shared"),
            ("job_failures", "function"),
            ("job_failures", "error_code"),
        }
    ),
    "an IANA zone or a language: shared by millions, compared in statements": frozenset(
        {
            ("users", "zone"),
            ("users", "language"),
            ("contacts", "zone"),
            ("calendars", "zone"),
            ("suggestions", "slot_zone"),
        }
    ),
    "hours of a week or day: the planner reads them for many users at once": frozenset(
        {
            ("availability", "windows"),
            ("availability", "commute"),
            ("availability", "night_start"),
            ("availability", "night_end"),
            ("preferences", "digest_time"),
            ("preferences", "quiet_hours"),
            ("digest_schedules", "rule"),
        }
    ),
    "an identifier that a provider, a client or we made up": frozenset(
        {
            ("idempotency_keys", "key"),
            ("outbox_messages", "dedupe_key"),
            ("outbox_messages", "provider_id"),
            ("message_events", "provider_event_id"),
            ("inbox_messages", "provider_event_id"),
            ("job_failures", "job_key"),
            ("archive_keys", "archive"),
        }
    ),
    "ids, counts and codes only; whoever writes it sees to that": frozenset(
        {
            ("samples", "latency_counts"),
            ("audit_entries", "details"),
            ("erasures", "certificate"),
            ("message_events", "data"),
            ("job_failures", "payload"),
            ("job_failures", "error"),
        }
    ),
}
