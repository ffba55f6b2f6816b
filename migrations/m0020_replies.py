"""Replies count: what each one did, how often one was tried, and the ways back of an undo."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "replies"

Spec = tuple[type[Column], dict[str, object]]

_REFERENCE: Spec = (UUID, {"default": None, "null": False})
_NO_INSTANT: Spec = (Timestamptz, {"default": None, "null": True})
_WORD: Spec = (Varchar, {"length": 9, "default": "", "null": False})
_NUMBER: Spec = (SmallInt, {"default": 0, "null": False})

NEW: dict[str, Spec] = {
    "id": (UUID, {"default": uuid7, "null": False, "primary_key": True}),
    "household_id": _REFERENCE,
    "user_id": _REFERENCE,
    "inbox_message_id": _REFERENCE,
    "suggestion_id": _REFERENCE,
    "code": _NUMBER,
    "action": _WORD,
    "left_as": _WORD,
    "before_state": _WORD,
    "before_slot_start": _NO_INSTANT,
    "before_slot_end": _NO_INSTANT,
    "before_snoozed_until": _NO_INSTANT,
    "applied_at": (Timestamptz, {"default": None, "null": False}),
    "undone_at": _NO_INSTANT,
}
ADDED: dict[str, Spec] = {"attempts": _NUMBER, "next_attempt_at": _NO_INSTANT}

# child table → (column, parent table, on delete)
PARENTS = {
    "reply_actions": [
        ("inbox_message_id", "inbox_messages", "CASCADE"),
        ("suggestion_id", "suggestions", "CASCADE"),
    ],
}

_FORWARD = (
    "pending>accepted pending>dismissed pending>snoozed pending>expired snoozed>pending"
    " snoozed>dismissed snoozed>expired accepted>dismissed accepted>confirmed accepted>missed"
)
# server/suggestions/states.py, WAYS_BACK: tests compare the two.
_BACK = (
    "accepted>pending dismissed>pending dismissed>snoozed dismissed>accepted confirmed>accepted"
    " missed>accepted"
)
_STATES = """
    DROP TRIGGER suggestions_transition ON suggestions;
    CREATE TRIGGER suggestions_transition BEFORE UPDATE OF state ON suggestions
        FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION refuse_transition('{}');
    """


class ColumnsThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables and columns; these rules need both."""

    async def _run_add_columns(self, backwards: bool = False) -> None:
        await super()._run_add_columns(backwards=backwards)
        if not backwards:
            await apply()


async def apply() -> None:
    """An action belongs to its reply and its suggestion, and goes with either."""
    await db.execute(_STATES.format(f"{_FORWARD} {_BACK}"))
    for column in ("id", "household_id", "user_id", "inbox_message_id", "suggestion_id"):
        await db.execute(f"ALTER TABLE reply_actions ALTER {column} DROP DEFAULT")
    await db.execute(
        """
        ALTER TABLE inbox_messages
            ADD CONSTRAINT inbox_messages_household_id_uq UNIQUE (household_id, id),
            ADD CONSTRAINT inbox_messages_attempts_ck CHECK (attempts >= 0);
        ALTER TABLE reply_actions
            ADD CONSTRAINT reply_actions_user_id_fk FOREIGN KEY (household_id, user_id)
                REFERENCES users (household_id, id) ON DELETE CASCADE,
            ADD CONSTRAINT reply_actions_inbox_message_id_fk
                FOREIGN KEY (household_id, inbox_message_id)
                REFERENCES inbox_messages (household_id, id) ON DELETE CASCADE,
            ADD CONSTRAINT reply_actions_suggestion_id_fk
                FOREIGN KEY (household_id, suggestion_id)
                REFERENCES suggestions (household_id, id) ON DELETE CASCADE,
            ADD CONSTRAINT reply_actions_action_ck
                CHECK (action IN ('accept', 'dismiss', 'snooze', 'confirm', 'miss'));
        -- A reply that is handled twice does its work once, whatever went wrong.
        CREATE UNIQUE INDEX reply_actions_reply_suggestion_uq
            ON reply_actions (inbox_message_id, suggestion_id);
        CREATE INDEX reply_actions_user_idx ON reply_actions (user_id, applied_at DESC);
        CREATE INDEX reply_actions_suggestion_idx ON reply_actions (suggestion_id);
        CREATE INDEX inbox_messages_waiting_idx ON inbox_messages (user_id, received_at)
            WHERE state = 'received';
        """
    )


async def revert() -> None:
    """Forget what replies did: none can be undone any more. Piccolo drops the rest."""
    await db.execute(_STATES.format(_FORWARD))
    await db.execute(
        """
        ALTER TABLE reply_actions DROP CONSTRAINT reply_actions_inbox_message_id_fk;
        ALTER TABLE inbox_messages DROP CONSTRAINT inbox_messages_household_id_uq;
        DROP INDEX inbox_messages_waiting_idx;
        """
    )


async def forwards() -> MigrationManager:
    """On the way back the rules go first, then Piccolo drops the table and the columns."""
    manager = ColumnsThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_table(class_name="ReplyAction", tablename="reply_actions", schema=None)
    for (class_name, table), columns in {
        ("ReplyAction", "reply_actions"): NEW,
        ("InboxMessage", "inbox_messages"): ADDED,
    }.items():
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
