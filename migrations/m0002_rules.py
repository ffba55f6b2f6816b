"""What Piccolo cannot state: extensions, composite keys, checks, states, indexes, append-only audit."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T13:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "the rules of first light"

# Rows that belong to a user: (household_id, user_id) must name a user of that household.
OWNED = (
    "sessions",
    "refresh_tokens",
    "api_tokens",
    "idempotency_keys",
    "contacts",
    "contact_points",
    "contact_dates",
    "contact_settings",
    "imports",
    "import_items",
    "groups",
    "group_members",
    "tags",
    "contact_tags",
    "interactions",
    "interaction_contacts",
    "suggestions",
    "suggestion_contacts",
    "calendar_connections",
    "calendars",
    "calendar_events",
    "calendar_occurrences",
    "availability",
    "preferences",
    "feeds",
    "outbox_messages",
    "message_events",
    "inbox_messages",
)

# child table → (column, parent table, on delete)
PARENTS = {
    "refresh_tokens": [("session_id", "sessions", "CASCADE")],
    "contact_points": [("contact_id", "contacts", "CASCADE")],
    "contact_dates": [("contact_id", "contacts", "CASCADE")],
    "contact_settings": [("contact_id", "contacts", "CASCADE")],
    "import_items": [
        ("import_id", "imports", "CASCADE"),
        ("contact_id", "contacts", "SET NULL (contact_id)"),
    ],
    "groups": [("promoted_from_tag_id", "tags", "SET NULL (promoted_from_tag_id)")],
    "group_members": [("group_id", "groups", "CASCADE"), ("contact_id", "contacts", "CASCADE")],
    "contact_tags": [("tag_id", "tags", "CASCADE"), ("contact_id", "contacts", "CASCADE")],
    "interactions": [("suggestion_id", "suggestions", "SET NULL (suggestion_id)")],
    "interaction_contacts": [
        ("interaction_id", "interactions", "CASCADE"),
        ("contact_id", "contacts", "CASCADE"),
    ],
    "suggestions": [("interaction_id", "interactions", "SET NULL (interaction_id)")],
    "suggestion_contacts": [
        ("suggestion_id", "suggestions", "CASCADE"),
        ("contact_id", "contacts", "CASCADE"),
    ],
    "calendars": [("connection_id", "calendar_connections", "CASCADE")],
    "calendar_events": [("calendar_id", "calendars", "CASCADE")],
    "calendar_occurrences": [
        ("calendar_id", "calendars", "CASCADE"),
        ("event_id", "calendar_events", "CASCADE"),
    ],
    "message_events": [("message_id", "outbox_messages", "CASCADE")],
}

KEYED = tuple(sorted({parent for links in PARENTS.values() for _, parent, _ in links} | {"users"}))

# table → {constraint: condition}
CHECKS = {
    "users": {
        "email": "email = lower(btrim(email)) AND email LIKE '%_@_%'",
        "server_role": "server_role IN ('admin', 'member')",
        "household_role": "household_role IN ('owner', 'member')",
        "phone_indexed": "(phone IS NULL) = (phone_index IS NULL)",
    },
    "contacts": {
        "name": "char_length(name) BETWEEN 1 AND 255",
        "visibility": "visibility IN ('private', 'household')",
        "zone": "(zone IS NULL) = (zone_source IS NULL)",
        "zone_source": "zone_source IN ('given', 'inferred')",
        "source": "source IN ('manual', 'import', 'google', 'carddav', 'voice_note', 'reply')",
    },
    "contact_points": {
        "kind": "kind IN ('phone', 'email', 'address', 'link', 'social')",
        "value": "value <> ''",
    },
    "contact_dates": {
        "kind": "kind IN ('birthday', 'anniversary', 'other')",
        # 2000 is a leap year: 29 February may lack its year.
        "real": "make_date(coalesce(year, 2000)::int, month::int, day::int) IS NOT NULL",
    },
    "contact_settings": {
        "cadence": "cadence IN ('daily', 'weekly', 'biweekly', 'monthly', 'quarterly', 'yearly',"
        " 'flexible', 'none', 'days')",
        "cadence_days": "(cadence IS NOT DISTINCT FROM 'days') = (cadence_days IS NOT NULL)"
        " AND cadence_days BETWEEN 1 AND 3660",
        "circle": "circle IN ('inner', 'close', 'active', 'casual')",
        "preferred_way": "preferred_way IN ('in_person', 'remote')",
    },
    "imports": {"format": "format IN ('vcard', 'csv', 'ics')"},
    "import_items": {"outcome": "outcome IN ('created', 'updated', 'unchanged', 'skipped', 'failed')"},
    "groups": {
        "name": "char_length(btrim(name)) BETWEEN 1 AND 100",
        "cadence": "cadence IN ('daily', 'weekly', 'biweekly', 'monthly', 'quarterly', 'yearly',"
        " 'flexible', 'none', 'days')",
        "cadence_days": "(cadence IS NOT DISTINCT FROM 'days') = (cadence_days IS NOT NULL)"
        " AND cadence_days BETWEEN 1 AND 3660",
    },
    "tags": {"name": "char_length(btrim(name)) BETWEEN 1 AND 100"},
    "contact_tags": {"source": "source IN ('manual', 'voice_note', 'reply', 'import')"},
    "interactions": {
        "kind": "kind IN ('hangout', 'call', 'text', 'calendar_event')",
        "state": "state IN ('planned', 'happened', 'confirmed')",
        "visibility": "visibility IN ('private', 'household')",
    },
    "suggestions": {
        "trigger": "trigger IN ('timebound', 'shared_activity', 'important_date')",
        "kind": "kind IN ('individual', 'group')",
        "way": "way IN ('in_person', 'call')",
        "state": "state IN ('pending', 'accepted', 'dismissed', 'snoozed', 'expired', 'confirmed', 'missed')",
        "slot": "(slot_start IS NULL) = (slot_end IS NULL) AND slot_start < slot_end",
        "slot_when_shown": "state NOT IN ('pending', 'accepted') OR slot_start IS NOT NULL",
        "snoozed_until": "(state = 'snoozed') <= (snoozed_until IS NOT NULL)",
        "closed": "(state IN ('dismissed', 'expired', 'confirmed', 'missed')) = (closed_at IS NOT NULL)",
        "dismissed": "(state = 'dismissed') = (dismissed_reason IS NOT NULL)",
        "dismissed_reason": "dismissed_reason IN ('met_too_recently', 'not_relevant', 'bad_timing',"
        " 'never_suggest', 'other')",
    },
    "calendar_connections": {"provider": "provider IN ('upload', 'ics_link', 'caldav', 'google')"},
    "calendar_events": {"span": "last_end IS NULL OR first_start <= last_end"},
    "calendar_occurrences": {
        "span": "starts_at <= ends_at",
        "all_day": "is_all_day = (start_on IS NOT NULL) AND is_all_day = (end_on IS NOT NULL)",
        "status": "status IN ('confirmed', 'tentative', 'cancelled')",
    },
    "availability": {
        "minimum_slot": "minimum_slot_minutes BETWEEN 5 AND 1440",
        "horizon": "horizon_days BETWEEN 1 AND 92",
        "night": "(night_start IS NULL) = (night_end IS NULL)",
    },
    "preferences": {
        "max_open": "max_open_suggestions BETWEEN 0 AND 50",
        "weekday": "digest_weekday BETWEEN 0 AND 6",
    },
    "feeds": {"detail": "detail IN ('full', 'hidden')"},
    "key_ring": {
        "purpose": "purpose IN ('master', 'data', 'index', 'jwt', 'audit')",
        "state": "state IN ('readable', 'active', 'verify_only', 'retired')",
        "data": "(purpose = 'data') = (household_id IS NOT NULL AND data_class IS NOT NULL)",
    },
    "outbox_messages": {
        "channel": "channel IN ('sms', 'email', 'console')",
        "state": "state IN ('pending', 'sending', 'accepted', 'delivered', 'failed', 'unknown', 'suppressed')",
        "lease": "(state = 'sending') <= (lease_token IS NOT NULL AND leased_until IS NOT NULL)",
        "suppressed": "(state = 'suppressed') = (suppressed_reason IS NOT NULL)",
    },
    "inbox_messages": {
        "channel": "channel IN ('sms', 'email', 'console')",
        "state": "state IN ('received', 'applied', 'proposed', 'ignored')",
    },
}  # fmt: skip

# index → what stands after CREATE [UNIQUE] INDEX … ON
UNIQUE = {
    "users_email_uq": "users (lower(email))",
    "users_phone_index_uq": "users (phone_index) WHERE phone_verified_at IS NOT NULL",
    "refresh_tokens_hash_uq": "refresh_tokens (token_hash)",
    "api_tokens_hash_uq": "api_tokens (token_hash)",
    "idempotency_keys_user_key_uq": "idempotency_keys (user_id, key)",
    "contact_settings_contact_user_uq": "contact_settings (contact_id, user_id)",
    "import_items_import_position_uq": "import_items (import_id, position)",
    "groups_user_name_uq": "groups (user_id, lower(name))",
    "group_members_group_contact_uq": "group_members (group_id, contact_id)",
    "tags_user_name_uq": "tags (user_id, name_key)",
    "contact_tags_tag_contact_uq": "contact_tags (tag_id, contact_id)",
    "interaction_contacts_uq": "interaction_contacts (interaction_id, contact_id)",
    "suggestion_contacts_uq": "suggestion_contacts (suggestion_id, contact_id)",
    # One open suggestion per contact and household at most.
    "suggestion_contacts_open_uq": "suggestion_contacts (household_id, contact_id) WHERE is_open",
    "calendars_connection_external_uq": "calendars (connection_id, external_id)",
    "calendar_events_calendar_uid_uq": "calendar_events (calendar_id, uid)",
    "availability_user_uq": "availability (user_id)",
    "preferences_user_uq": "preferences (user_id)",
    "feeds_token_uq": "feeds (token_hash)",
    "key_ring_version_uq": "key_ring (purpose, household_id, data_class, key_version) NULLS NOT DISTINCT",
    "key_ring_active_uq": "key_ring (purpose, household_id, data_class) NULLS NOT DISTINCT"
    " WHERE state = 'active'",
    "audit_entries_chain_sequence_uq": "audit_entries (chain_id, sequence)",
    "outbox_messages_dedupe_uq": "outbox_messages (dedupe_key)",
    "message_events_provider_uq": "message_events (provider, provider_event_id)",
    "inbox_messages_provider_uq": "inbox_messages (provider, provider_event_id)",
    "schedules_name_uq": "schedules (name)",
}

INDEXES = {
    "users_household_idx": "users (household_id)",
    "sessions_user_idx": "sessions (user_id, created_at) WHERE revoked_at IS NULL",
    "refresh_tokens_session_idx": "refresh_tokens (session_id)",
    "api_tokens_user_idx": "api_tokens (user_id)",
    "idempotency_keys_expires_idx": "idempotency_keys (expires_at)",
    "contacts_user_idx": "contacts (user_id, name_key, id)",
    # What others shared. Not all of the household's: a new table has no statistics, and between
    # two indexes that begin with household_id the planner then takes either for the foreign
    # keys' (household_id, id), so that an import of n contacts costs n².
    "contacts_household_name_idx": "contacts (household_id, name_key, id)"
    " WHERE visibility = 'household'",
    "contacts_user_uid_idx": "contacts (user_id, uid) WHERE uid IS NOT NULL",
    "contacts_search_idx": "contacts USING gin (search_key gin_trgm_ops)",
    "contact_points_contact_idx": "contact_points (contact_id, position)",
    "contact_points_value_idx": "contact_points (household_id, kind, normalised)"
    " WHERE normalised IS NOT NULL",
    "contact_dates_contact_idx": "contact_dates (household_id, contact_id)",
    "contact_settings_user_archived_idx": "contact_settings (user_id, archived_at, contact_id)",
    "imports_user_idx": "imports (user_id, created_at DESC)",
    "import_items_contact_idx": "import_items (contact_id)",
    "group_members_contact_idx": "group_members (contact_id, group_id)",
    "contact_tags_contact_idx": "contact_tags (contact_id, tag_id)",
    "interactions_user_idx": "interactions (user_id, occurred_at DESC, id)",
    "interactions_household_idx": "interactions (household_id, occurred_at DESC, id)",
    # References that only deletes look up.
    "groups_promoted_idx": "groups (promoted_from_tag_id) WHERE promoted_from_tag_id IS NOT NULL",
    "suggestions_interaction_idx": "suggestions (interaction_id) WHERE interaction_id IS NOT NULL",
    "interactions_suggestion_idx": "interactions (suggestion_id) WHERE suggestion_id IS NOT NULL",
    "interaction_contacts_contact_idx": "interaction_contacts (contact_id, interaction_id)",
    "suggestions_user_idx": "suggestions (user_id, created_at DESC, id)",
    "suggestions_state_idx": "suggestions (state)",
    "suggestions_created_idx": "suggestions (created_at)",
    "suggestions_user_state_idx": "suggestions (user_id, state, slot_start, id)",
    # The pending list, answered from the index alone.
    "suggestions_pending_idx": "suggestions (user_id, slot_start, id)"
    " INCLUDE (slot_end, slot_zone, score, trigger, kind, way, version) WHERE state = 'pending'",
    "suggestions_snoozed_idx": "suggestions (snoozed_until) WHERE state = 'snoozed'",
    "suggestion_contacts_contact_idx": "suggestion_contacts (contact_id, suggestion_id)",
    "calendar_connections_user_idx": "calendar_connections (user_id)",
    "calendars_user_idx": "calendars (user_id)",
    "calendar_events_span_idx": "calendar_events (calendar_id, first_start, last_end)",
    "calendar_occurrences_user_idx": "calendar_occurrences (user_id, starts_at, ends_at)",
    "calendar_occurrences_calendar_idx": "calendar_occurrences (calendar_id, starts_at)",
    "calendar_occurrences_event_idx": "calendar_occurrences (event_id)",
    "feeds_user_idx": "feeds (user_id)",
    "audit_entries_at_idx": "audit_entries (chain_id, at)",
    "outbox_messages_due_idx": "outbox_messages (next_attempt_at) WHERE state IN ('pending', 'sending')",
    "outbox_messages_user_idx": "outbox_messages (user_id, created_at DESC)",
    "message_events_message_idx": "message_events (message_id)",
    "inbox_messages_user_idx": "inbox_messages (user_id, received_at DESC)",
    "inbox_messages_open_idx": "inbox_messages (received_at) WHERE state = 'received'",
    "job_failures_failed_idx": "job_failures (failed_at DESC)",
    "preferences_digest_idx": "preferences (next_digest_at) WHERE next_digest_at IS NOT NULL",
}

EXTENSIONS = ("pg_trgm", "btree_gist")

STATES = """
ALTER TABLE suggestions ADD CONSTRAINT suggestions_user_slot_excl EXCLUDE USING gist
    (user_id WITH =, tstzrange(slot_start, slot_end) WITH &&)
    WHERE (state IN ('pending', 'snoozed', 'accepted') AND slot_start IS NOT NULL);

CREATE FUNCTION refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- TG_ARGV[0]: 'from>to from>to …'
    IF position(' ' || OLD.state || '>' || NEW.state || ' ' IN ' ' || TG_ARGV[0] || ' ') = 0 THEN
        RAISE EXCEPTION '%: % to % is not allowed', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_transition';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER suggestions_transition BEFORE UPDATE OF state ON suggestions
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_transition(
    'pending>accepted pending>dismissed pending>snoozed pending>expired snoozed>pending snoozed>dismissed snoozed>expired accepted>dismissed accepted>confirmed accepted>missed');

CREATE TRIGGER outbox_messages_transition BEFORE UPDATE OF state ON outbox_messages
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_transition(
    'pending>sending pending>suppressed pending>failed sending>accepted sending>pending sending>failed sending>unknown accepted>delivered accepted>failed accepted>unknown unknown>accepted unknown>delivered unknown>failed unknown>pending');

CREATE FUNCTION suggestion_contacts_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE suggestion_contacts SET is_open = NEW.state IN ('pending', 'snoozed', 'accepted')
        WHERE suggestion_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER suggestions_contacts_follow AFTER UPDATE OF state ON suggestions
    FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION suggestion_contacts_follow();

CREATE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_entries_append_only();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only();
"""

# Busy tables are vacuumed before a tenth of them is dead.
AUTOVACUUM = ("contacts", "suggestions", "interactions", "calendar_occurrences")


async def apply() -> None:
    """Add the rules, in the order in which they need each other."""
    for name in EXTENSIONS:
        await db.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    # The application makes every id; Piccolo's default is one fixed value for all rows.
    await db.execute(
        """DO $$ DECLARE c record; BEGIN
            FOR c IN SELECT table_name, column_name FROM information_schema.columns
                WHERE table_schema = current_schema() AND data_type = 'uuid'
                AND column_default IS NOT NULL LOOP
                EXECUTE format('ALTER TABLE %I ALTER %I DROP DEFAULT', c.table_name, c.column_name);
            END LOOP; END $$"""
    )
    for table in KEYED:
        await db.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_household_id_uq UNIQUE (household_id, id)"
        )
    for table in ("users", "key_ring"):
        await db.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_household_fk FOREIGN KEY (household_id)"
            " REFERENCES households (id) ON DELETE CASCADE"
        )
    for table in OWNED:
        await _reference(table, "user_id", "users", "CASCADE")
    for table, links in PARENTS.items():
        for column, parent, on_delete in links:
            await _reference(table, column, parent, on_delete)
    for table, conditions in CHECKS.items():
        for name, condition in conditions.items():
            await db.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_ck CHECK ({condition})"
            )
    for name, target in UNIQUE.items():
        await db.execute(f"CREATE UNIQUE INDEX {name} ON {target}")
    for name, target in INDEXES.items():
        await db.execute(f"CREATE INDEX {name} ON {target}")
    await db.execute(STATES)
    for table in AUTOVACUUM:
        await db.execute(
            f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.05,"
            " autovacuum_analyze_scale_factor = 0.02)"
        )


async def _reference(table: str, column: str, parent: str, on_delete: str) -> None:
    await db.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY (household_id, {column})"
        f" REFERENCES {parent} (household_id, id) ON DELETE {on_delete}"
    )


async def revert() -> None:
    """Take every rule away; the tables stay as the first migration made them."""
    await db.execute(
        """
        DROP TRIGGER suggestions_transition ON suggestions;
        DROP TRIGGER outbox_messages_transition ON outbox_messages;
        DROP TRIGGER suggestions_contacts_follow ON suggestions;
        DROP TRIGGER audit_entries_append_only ON audit_entries;
        DROP TRIGGER audit_entries_no_truncate ON audit_entries;
        DROP FUNCTION refuse_transition, suggestion_contacts_follow, audit_entries_append_only;
        ALTER TABLE suggestions DROP CONSTRAINT suggestions_user_slot_excl;
        """
    )
    for table in AUTOVACUUM:
        await db.execute(
            f"ALTER TABLE {table} RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)"
        )
    for name in (*UNIQUE, *INDEXES):
        await db.execute(f"DROP INDEX {name}")
    for table, conditions in CHECKS.items():
        for name in conditions:
            await db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_ck")
    for table, links in PARENTS.items():
        for column, _, _ in links:
            await db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_fk")
    for table in OWNED:
        await db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_user_id_fk")
    for table in ("users", "key_ring"):
        await db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_household_fk")
    for table in KEYED:
        await db.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_household_id_uq")
    # The extensions stay: another application may use them, and they cost nothing.


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
