"""Messages leave: what an attempt needs, who wants none, and providers that are given a rest."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Boolean, Bytea, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:17:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "messages leave"

Spec = tuple[type[Column], dict[str, object]]

_ID: Spec = (UUID, {"default": uuid7, "null": False, "primary_key": True})
_REFERENCE: Spec = (UUID, {"default": None, "null": False})
_INSTANT: Spec = (Timestamptz, {"default": None, "null": False})
_NO_INSTANT: Spec = (Timestamptz, {"default": None, "null": True})


def _word(length: int, *, null: bool = False) -> Spec:
    return Varchar, {"length": length, "default": None if null else "", "null": null}


# (class, table) → its columns
NEW: dict[tuple[str, str], dict[str, Spec]] = {
    ("OptOut", "opt_outs"): {
        "id": _ID,
        "household_id": _REFERENCE,
        "user_id": _REFERENCE,
        "channel": _word(7),
        "stopped_at": _INSTANT,
        "started_at": _NO_INSTANT,
    },
    ("Breaker", "provider_breakers"): {
        "id": _ID,
        "provider": _word(20),
        "failures": (SmallInt, {"default": 0, "null": False}),
        "open_until": _NO_INSTANT,
        "last_error_code": _word(40, null=True),
        "changed_at": _INSTANT,
    },
}
ADDED: dict[tuple[str, str], dict[str, Spec]] = {
    ("OutboxMessage", "outbox_messages"): {
        "html": (Bytea, {"default": None, "null": True}),
        "is_urgent": (Boolean, {"default": False, "null": False}),
        "cause_kind": _word(12, null=True),
        "cause_id": (UUID, {"default": None, "null": True}),
        "held_reason": _word(20, null=True),
        "first_attempt_at": _NO_INSTANT,
        "attempt_at": _NO_INSTANT,
        "in_doubt_since": _NO_INSTANT,
    }
}

_STATES = (
    "pending>sending pending>suppressed pending>failed sending>accepted sending>pending"
    " sending>failed sending>unknown accepted>delivered accepted>failed accepted>unknown"
    " unknown>accepted unknown>delivered unknown>failed unknown>pending"
)
# A late word of the provider: what was taken for absent has left after all.
_LATE = f"{_STATES} pending>accepted"
_WAY = """
    DROP TRIGGER outbox_messages_transition ON outbox_messages;
    CREATE TRIGGER outbox_messages_transition BEFORE UPDATE OF state ON outbox_messages
        FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_transition('{}');
    """


class ColumnsThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables and columns; these rules need both."""

    async def _run_add_columns(self, backwards: bool = False) -> None:
        await super()._run_add_columns(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """One opt-out to a user and channel; what a sender looks for is found by an index."""
    await db.execute(_WAY.format(_LATE))
    await db.execute(
        """
        ALTER TABLE opt_outs ALTER id DROP DEFAULT, ALTER household_id DROP DEFAULT,
            ALTER user_id DROP DEFAULT;
        ALTER TABLE provider_breakers ALTER id DROP DEFAULT;
        ALTER TABLE outbox_messages ALTER cause_id DROP DEFAULT;

        ALTER TABLE opt_outs
            ADD CONSTRAINT opt_outs_channel_ck CHECK (channel IN ('sms', 'email')),
            ADD CONSTRAINT opt_outs_user_id_fk FOREIGN KEY (household_id, user_id)
                REFERENCES users (household_id, id) ON DELETE CASCADE;
        CREATE UNIQUE INDEX opt_outs_user_channel_uq ON opt_outs (user_id, channel);
        CREATE UNIQUE INDEX provider_breakers_provider_uq ON provider_breakers (provider);

        ALTER TABLE outbox_messages
            ADD CONSTRAINT outbox_messages_cause_ck CHECK (
                (cause_kind IS NULL) = (cause_id IS NULL) AND cause_kind IN
                ('digest', 'suggestion', 'inbox', 'verification', 'account', 'alert')),
            ADD CONSTRAINT outbox_messages_attempt_ck CHECK (
                (first_attempt_at IS NULL) = (attempt_at IS NULL));
        DROP INDEX outbox_messages_due_idx;
        CREATE INDEX outbox_messages_due_idx ON outbox_messages
            (channel, is_urgent, next_attempt_at) WHERE state = 'pending';
        CREATE INDEX outbox_messages_doubt_idx ON outbox_messages (channel, leased_until)
            WHERE state = 'sending';
        CREATE INDEX outbox_messages_parked_idx ON outbox_messages (channel, next_attempt_at)
            WHERE state = 'unknown' AND lease_token IS NOT NULL;
        CREATE INDEX outbox_messages_cap_idx ON outbox_messages
            (user_id, channel, first_attempt_at) WHERE first_attempt_at IS NOT NULL;
        CREATE INDEX outbox_messages_cause_idx ON outbox_messages (cause_id)
            WHERE cause_id IS NOT NULL;
        """
    )


async def revert() -> None:
    """Go back to the rules of before; Piccolo drops columns and tables, and what hangs on them."""
    await db.execute(_WAY.format(_STATES))
    await db.execute(
        """
        DROP INDEX outbox_messages_due_idx;
        DROP INDEX outbox_messages_doubt_idx;
        DROP INDEX outbox_messages_parked_idx;
        CREATE INDEX outbox_messages_due_idx ON outbox_messages (next_attempt_at)
            WHERE state IN ('pending', 'sending');
        """
    )


async def forwards() -> MigrationManager:
    """On the way back opt-outs are forgotten: the version of before sends nothing."""
    manager = ColumnsThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for class_name, table in NEW:
        manager.add_table(class_name=class_name, tablename=table, schema=None)
    for (class_name, table), columns in {**NEW, **ADDED}.items():
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
    manager.add_raw_backwards(revert)
    return manager
