"""What of each column a person gets of what is stored about them: the one table that says so.

Every column of every table stands here once, as exported or as withheld with the reason
(tests/account/test_columns.py fails on one that does not). The export, the privacy statement and
erasure read it. `Personal` groups tables as a person would: `words.py` says what each group is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.account.kinds import (
    ACCESS,
    CERTIFICATE,
    COPY,
    DERIVED,
    HEAD,
    KEYS,
    NOBODY,
    OBJECT,
    OURS,
    SECRET,
    Personal,
)


@dataclass(frozen=True, slots=True)
class TableRule:
    """How one table is exported.

    `mine`: the SQL condition that a row is the caller's ($1 household, $2 user); None: no row of
    it is anybody's, so nothing is exported.
    """

    personal: Personal
    exported: tuple[str, ...]
    withheld: Mapping[str, str] = field(default_factory=dict)
    mine: str | None = "household_id = $1 AND user_id = $2"


def _own(personal: Personal, exported: str, withheld: Mapping[str, str] | None = None) -> TableRule:
    """Return the rule of a table whose rows are one user's; `withheld` is {reason: columns}."""
    head = {"household_id": HEAD, "user_id": HEAD}
    return TableRule(personal, tuple(exported.split()), head | _by_column(withheld or {}))


def _none(personal: Personal, reason: str, columns: str) -> TableRule:
    return TableRule(personal, (), dict.fromkeys(columns.split(), reason), mine=None)


def _by_column(reasons: Mapping[str, str]) -> dict[str, str]:
    return {column: reason for reason, columns in reasons.items() for column in columns.split()}


TABLES: dict[str, TableRule] = {
    "households": TableRule(Personal.ACCOUNT, ("id", "name", "created_at"), mine="id = $1"),
    "users": TableRule(
        Personal.ACCOUNT,
        (
            "id", "email", "name", "password_changed_at", "server_role", "household_role", "zone",
            "place", "language", "phone", "phone_verified_at", "is_test_user", "disabled_at",
            "created_at", "version",
        ),
        _by_column({HEAD: "household_id", SECRET: "password_hash phone_index phone_index_2",
                    OURS: "phone_index_key_id phone_index_2_key_id"}),
        mine="household_id = $1 AND id = $2",
    ),
    "sessions": _own(
        Personal.SIGN_IN,
        "id user_agent address created_at last_used_at expires_at revoked_at revoked_reason"
        " mfa_at proven_at console",
    ),
    "refresh_tokens": _own(
        Personal.SIGN_IN,
        "id session_id created_at expires_at used_at replaced_by",
        {SECRET: "token_hash successor"},
    ),
    "api_tokens": _own(
        Personal.SIGN_IN,
        "id name scopes created_at last_used_at expires_at revoked_at previous_until",
        {SECRET: "token_hash previous_hash"},
    ),
    "totp_factors": _own(
        Personal.SIGN_IN, "id created_at confirmed_at", {SECRET: "secret", OURS: "last_step"}
    ),
    "recovery_codes": _own(Personal.SIGN_IN, "id created_at used_at", {SECRET: "code_hash"}),
    "sign_in_challenges": _own(
        Personal.SIGN_IN, "id attempts created_at expires_at used_at", {SECRET: "token_hash"}
    ),
    "proof_budgets": _own(Personal.SIGN_IN, "id purpose attempts last_at"),
    "invitations": _own(
        Personal.SIGN_IN,
        "id email created_at expires_at used_at revoked_at",
        {SECRET: "token_hash"},
    ),
    "password_resets": _own(
        Personal.SIGN_IN, "id created_at expires_at used_at", {SECRET: "token_hash"}
    ),
    "sign_in_budgets": TableRule(
        Personal.SIGN_IN,
        (),
        _by_column({SECRET: "name", OURS: "id full_at noted_at"}),
        mine=None,
    ),
    "idempotency_keys": _own(
        Personal.SIGN_IN, "id key status created_at expires_at", {COPY: "body"}
    ),
    "contacts": _own(
        Personal.CONTACTS,
        "id visibility name nickname organisation title location zone zone_source notes"
        " custom_fields kept_properties uid source photo_id photo_width photo_height photo_at"
        " created_at updated_at version",
        {DERIVED: "name_key search_key fingerprint", OBJECT: "photo_key"},
    ),
    "contact_points": _own(
        Personal.CONTACTS,
        "id contact_id kind value components label is_preferred params source confirmed_at"
        " position",
        {DERIVED: "normalised"},
    ),
    "contact_dates": _own(Personal.CONTACTS, "id contact_id kind label year month day"),
    "contact_settings": _own(
        Personal.CONTACTS,
        "id contact_id cadence cadence_days circle archived_at paused_until never_suggest"
        " preferred_way version",
    ),
    "imports": _own(
        Personal.IMPORTS,
        "id format created_at undone_at created updated unchanged skipped failed",
        {DERIVED: "content_sha256"},
    ),
    "import_items": _own(
        Personal.IMPORTS, "id import_id position line outcome code contact_id ledger"
    ),
    "groups": _own(
        Personal.GROUPS,
        "id name is_default cadence cadence_days promoted_from_tag_id archived_at created_at"
        " version",
    ),
    "group_members": _own(Personal.GROUPS, "id group_id contact_id created_at"),
    "tags": _own(Personal.GROUPS, "id name created_at version", {DERIVED: "name_key"}),
    "contact_tags": _own(Personal.GROUPS, "id tag_id contact_id source created_at"),
    "interactions": _own(
        Personal.TALKS,
        "id visibility kind state occurred_at notes suggestion_id created_at updated_at version",
    ),
    "interaction_contacts": _own(Personal.TALKS, "id interaction_id contact_id"),
    "suggestions": _own(
        Personal.SUGGESTIONS,
        "id trigger kind state way slot_start slot_end slot_zone score reasons about_on"
        " snoozed_until dismissed_reason dismissed_note interaction_id created_at closed_at"
        " updated_at sequence version",
    ),
    "suggestion_contacts": _own(Personal.SUGGESTIONS, "id suggestion_id contact_id is_open"),
    "calendar_connections": _own(
        Personal.CALENDARS,
        "id provider name last_synced_at last_error_code last_checked_at next_refresh_at failures"
        " created_at version",
        {ACCESS: "credential", OURS: "sync_state"},
    ),
    "calendars": _own(
        Personal.CALENDARS,
        "id connection_id external_id name zone is_selected expanded_from expanded_until"
        " created_at updated_at version",
    ),
    "calendar_events": _own(
        Personal.CALENDARS,
        "id calendar_id uid component is_recurring first_start last_end",
        {DERIVED: "component_sha256"},
    ),
    "calendar_occurrences": _own(
        Personal.CALENDARS,
        "id calendar_id event_id starts_at ends_at start_on end_on is_all_day is_busy"
        " is_transparent is_private status sequence details",
    ),
    "availability": _own(
        Personal.PREFERENCES,
        "id windows commute night_start night_end minimum_slot_minutes horizon_days"
        " all_day_blocks transparent_blocks version",
    ),
    "preferences": _own(
        Personal.PREFERENCES,
        "id max_open_suggestions sms email digest_weekday digest_time quiet_hours version",
    ),
    "phone_codes": _own(
        Personal.PREFERENCES,
        "id phone attempts created_at expires_at used_at",
        {SECRET: "number_hash code_hash"},
    ),
    "feeds": _own(
        Personal.FEEDS,
        "id name detail include_pending created_at last_read_at revoked_at version",
        {SECRET: "token_hash"},
    ),
    "outbox_messages": _own(
        Personal.MESSAGES,
        "id kind channel state address subject body html is_urgent cause_kind cause_id held_reason"
        " suppressed_reason attempts first_attempt_at attempt_at next_attempt_at in_doubt_since"
        " expires_at provider provider_id error_code segments cost_micros created_at sent_at"
        " delivered_at",
        {OURS: "dedupe_key lease_token leased_until uncalled_attempt"},
    ),
    "message_events": _own(
        Personal.MESSAGES,
        "id message_id provider provider_event_id kind at received_at data",
    ),
    "message_attempts": _own(
        Personal.MESSAGES, "id message_id number channel started_at ended_at outcome code"
    ),
    "inbox_messages": _own(
        Personal.MESSAGES,
        "id channel provider provider_event_id body mail_id state outcome_code received_at"
        " handled_at",
        {OURS: "attempts next_attempt_at"},
    ),
    "reply_actions": _own(
        Personal.MESSAGES,
        "id inbox_message_id suggestion_id code action left_as before_state before_slot_start"
        " before_slot_end before_snoozed_until applied_at undone_at",
    ),
    "digest_schedules": _own(Personal.MESSAGES, "id rule next_on next_at"),
    "digests": _own(
        Personal.MESSAGES, "id local_date due_at state reason listed written_at"
    ),
    "suggestion_notices": _own(
        Personal.MESSAGES, "id suggestion_id purpose state reason written_at"
    ),
    "message_codes": _own(
        Personal.MESSAGES, "id message_id suggestion_id purpose number code created_at"
    ),
    "opt_outs": _own(
        Personal.PREFERENCES, "id channel stopped_at started_at set_aside_at former_numbers"
    ),
    "provider_breakers": _none(
        Personal.SERVER, NOBODY, "id provider failures open_until last_error_code changed_at"
    ),
    "audit_entries": TableRule(
        Personal.AUDIT,
        ("id", "sequence", "action", "subject_kind", "subject_id", "at", "details"),
        _by_column({HEAD: "chain_id actor_id", OURS: "commitment previous_hash hash"}),
        mine="chain_id = $1 AND actor_id = $2",
    ),
    "audit_personal": TableRule(
        Personal.AUDIT,
        ("id", "address"),
        _by_column({HEAD: "person_id", OURS: "salt"}),
        # Entries of the server's own chain, such as failed sign-ins, hold addresses, too.
        mine="$1::uuid IS NOT NULL AND person_id = $2",
    ),
    "audit_anchors": _none(Personal.SERVER, NOBODY, "id chain_id sequence hash kind signature at"),
    "security_alerts": _none(Personal.SERVER, NOBODY, "id kind name at"),
    "erasures": _none(
        Personal.ACCOUNT,
        CERTIFICATE,
        "id person_id home_id requested_at due_at shared restore_hash cancelled_at started_at"
        " erased_at certificate",
    ),
    "key_ring": _none(
        Personal.SERVER,
        KEYS,
        "id purpose household_id data_class key_version state algorithm wrapped created_at"
        " retiring_at needed_until retired_at",
    ),
    "key_rotations": _none(
        Personal.SERVER,
        OURS,
        "id purpose household_id data_class state table_name position unreadable horizon"
        " values_done values_total started_at activated_at finished_at",
    ),
    "key_holders": _none(Personal.SERVER, NOBODY, "id master_version seen_at"),
    "archive_keys": _none(Personal.SERVER, NOBODY, "id key_id archive noted_at"),
    "schedules": _none(
        Personal.SERVER,
        NOBODY,
        "id name cron interval_s is_enabled last_started_at last_succeeded_at last_failed_at"
        " last_error_code created_at",
    ),
    "job_failures": _none(
        Personal.SERVER,
        NOBODY,
        "id function job_key payload attempts error_code error failed_at"
        " retry_asked_at resolved_at",
    ),
    "samples": _none(
        Personal.SERVER, NOBODY, "id process at span_s cpu_percent memory_bytes requests queued"
        " running latency_counts messages_pending connections",
    ),
    "message_attempt_totals": _none(Personal.SERVER, NOBODY, "id channel outcome deleted"),
    "suggestion_totals": _none(Personal.SERVER, NOBODY, "trigger made"),
}  # fmt: skip

EXPORTED = {name: rule for name, rule in TABLES.items() if rule.mine is not None}
"""The tables of the export, in the order in which they stand in it."""

JSON_INSIDE = frozenset(
    {
        ("contacts", "custom_fields"),
        ("contacts", "kept_properties"),
        ("import_items", "ledger"),
        ("calendar_occurrences", "details"),
    }
)
"""Encrypted columns whose text is JSON."""
