"""Each attempt at a message leaves a row, by itself; a message that failed may be tried again."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, BigInt, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:21:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "attempts at messages"

Kind = tuple[type[Column], dict[str, object]]

_PRIMARY: Kind = (UUID, {"default": uuid7, "null": False, "primary_key": True})
_REFERENCE: Kind = (UUID, {"default": None, "null": False})
_INSTANT: Kind = (Timestamptz, {"default": None, "null": False})
_MAYBE: Kind = (Timestamptz, {"default": None, "null": True})

# (class, table) → its columns
TABLES: dict[tuple[str, str], dict[str, Kind]] = {
    ("MessageAttempt", "message_attempts"): {
        "id": _PRIMARY,
        "household_id": _REFERENCE,
        "user_id": _REFERENCE,
        "message_id": _REFERENCE,
        "number": (SmallInt, {"default": 0, "null": False}),
        "channel": (Varchar, {"length": 7, "default": "", "null": False}),
        "started_at": _INSTANT,
        "ended_at": _MAYBE,
        "outcome": (Varchar, {"length": 10, "default": None, "null": True}),
        "code": (Varchar, {"length": 40, "default": None, "null": True}),
    },
    ("AttemptTotal", "message_attempt_totals"): {
        "id": _PRIMARY,
        "channel": (Varchar, {"length": 7, "default": "", "null": False}),
        "outcome": (Varchar, {"length": 10, "default": "", "null": False}),
        "deleted": (BigInt, {"default": 0, "null": False}),
    },
}

# child table → (column, parent table, on delete)
PARENTS = {"message_attempts": [("message_id", "outbox_messages", "CASCADE")]}


class TablesThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables; these rules belong to new ones."""

    async def _run_add_tables(self, backwards: bool = False) -> None:
        await super()._run_add_tables(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """Let the database write the history: whatever moves a message, its attempts are there."""
    await db.execute(
        """
        -- The application makes every id; Piccolo's default is one fixed value for all rows.
        ALTER TABLE message_attempts ALTER id DROP DEFAULT, ALTER household_id DROP DEFAULT,
            ALTER user_id DROP DEFAULT, ALTER message_id DROP DEFAULT;
        ALTER TABLE message_attempt_totals ALTER id DROP DEFAULT;
        ALTER TABLE message_attempts
            ADD CONSTRAINT message_attempts_user_id_fk FOREIGN KEY (household_id, user_id)
                REFERENCES users (household_id, id) ON DELETE CASCADE,
            ADD CONSTRAINT message_attempts_message_id_fk FOREIGN KEY (household_id, message_id)
                REFERENCES outbox_messages (household_id, id) ON DELETE CASCADE,
            ADD CONSTRAINT message_attempts_outcome_ck
                CHECK (outcome IN ('accepted', 'again', 'failed', 'unknown', 'suppressed')),
            ADD CONSTRAINT message_attempts_ended_ck
                CHECK ((ended_at IS NULL) = (outcome IS NULL));
        CREATE UNIQUE INDEX message_attempts_number_uq ON message_attempts (message_id, number);
        CREATE INDEX message_attempts_user_idx ON message_attempts (user_id);
        CREATE UNIQUE INDEX message_attempt_totals_uq ON message_attempt_totals (channel, outcome);
        CREATE INDEX outbox_messages_created_idx ON outbox_messages (created_at DESC, id DESC);
        CREATE INDEX outbox_messages_unaccepted_idx ON outbox_messages (created_at)
            WHERE sent_at IS NULL;

        CREATE FUNCTION note_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.state = 'sending' THEN
                INSERT INTO message_attempts
                    (id, household_id, user_id, message_id, number, channel, started_at)
                    SELECT gen_random_uuid(), NEW.household_id, NEW.user_id, NEW.id,
                        1 + coalesce(max(number), 0), NEW.channel, clock_timestamp()
                    FROM message_attempts WHERE message_id = NEW.id;
            ELSE
                UPDATE message_attempts SET ended_at = clock_timestamp(), code = NEW.error_code,
                        outcome = CASE NEW.state WHEN 'pending' THEN 'again' ELSE NEW.state END
                    WHERE message_id = NEW.id AND ended_at IS NULL;
            END IF;
            RETURN NULL;
        END $$;
        CREATE TRIGGER outbox_messages_attempt AFTER UPDATE OF state ON outbox_messages
            FOR EACH ROW WHEN (OLD.state <> NEW.state AND 'sending' IN (OLD.state, NEW.state))
            EXECUTE FUNCTION note_attempt();

        -- A counter that fell when old messages are deleted would look like a restart.
        CREATE FUNCTION count_deleted_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO message_attempt_totals AS t (id, channel, outcome, deleted)
                VALUES (gen_random_uuid(), OLD.channel, OLD.outcome, 1)
                ON CONFLICT (channel, outcome) DO UPDATE SET deleted = t.deleted + 1;
            RETURN NULL;
        END $$;
        CREATE TRIGGER message_attempts_deleted AFTER DELETE ON message_attempts
            FOR EACH ROW WHEN (OLD.outcome IS NOT NULL) EXECUTE FUNCTION count_deleted_attempt();
        """
    )
    await _transitions("unknown>pending", "unknown>pending failed>pending")


async def revert() -> None:
    """Take the rules away before Piccolo drops the tables; failed messages stay failed then."""
    await _transitions("unknown>pending failed>pending", "unknown>pending")
    await db.execute(
        """
        DROP TRIGGER outbox_messages_attempt ON outbox_messages;
        DROP TRIGGER message_attempts_deleted ON message_attempts;
        DROP FUNCTION note_attempt, count_deleted_attempt;
        DROP INDEX outbox_messages_created_idx;
        DROP INDEX outbox_messages_unaccepted_idx;
        """
    )


async def _transitions(old: str, new: str) -> None:
    """Replace one of the allowed transitions by others, whatever earlier migrations allow."""
    definition = await db.fetch_value(
        """SELECT pg_get_triggerdef(oid) FROM pg_trigger
            WHERE tgname = 'outbox_messages_transition'"""
    )
    await db.execute(
        f"""DROP TRIGGER outbox_messages_transition ON outbox_messages;
            {str(definition).replace(old, new, 1)}"""
    )


async def forwards() -> MigrationManager:
    """On the way back Piccolo drops the tables: the history of attempts is forgotten."""
    manager = TablesThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw_backwards(revert)
    for class_name, table in TABLES:
        manager.add_table(class_name=class_name, tablename=table, schema=None)
    for (class_name, table), columns in TABLES.items():
        for name, (column_class, params) in columns.items():
            manager.add_column(
                table_class_name=class_name,
                tablename=table,
                column_name=name,
                db_column_name=name,
                column_class_name=column_class.__name__,
                column_class=column_class,
                params=params,
                schema=None,
            )
    return manager
