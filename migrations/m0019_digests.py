"""Digests: schedules, occurrences, notices and the codes to answer with, each once."""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import UUID, Date, Integer, SmallInt, Timestamptz, Varchar
from piccolo.columns.base import Column

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:19:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "digests"

Columns = dict[str, tuple[type[Column], dict[str, Any]]]
NEW: dict[str, Any] = {"default": None, "null": False}
OWN: Columns = {
    "id": (UUID, {"default": uuid7, "null": False, "primary_key": True}),
    "household_id": (UUID, NEW),
    "user_id": (UUID, NEW),
}
REASON: Columns = {"reason": (Varchar, {"length": 40, "default": None, "null": True})}


def _word(length: int) -> tuple[type[Column], dict[str, Any]]:
    return (Varchar, {"length": length, "default": "", "null": False})


TABLES: dict[str, tuple[str, Columns]] = {
    "digest_schedules": (
        "DigestSchedule",
        {**OWN, "rule": _word(80), "next_on": (Date, NEW), "next_at": (Timestamptz, NEW)},
    ),
    "digests": (
        "Digest",
        {
            **OWN,
            "local_date": (Date, NEW),
            "due_at": (Timestamptz, NEW),
            "state": _word(14),
            **REASON,
            "listed": (SmallInt, {"default": 0, "null": False}),
            "written_at": (Timestamptz, NEW),
        },
    ),
    "suggestion_notices": (
        "SuggestionNotice",
        {
            **OWN,
            "suggestion_id": (UUID, NEW),
            "purpose": _word(12),
            "state": _word(7),
            **REASON,
            "written_at": (Timestamptz, NEW),
        },
    ),
    "message_codes": (
        "MessageCode",
        {
            **OWN,
            "message_id": (UUID, NEW),
            "suggestion_id": (UUID, NEW),
            "purpose": _word(12),
            "number": (Integer, {"default": 1, "null": False}),
            "code": (SmallInt, {"default": 1, "null": False}),
            "created_at": (Timestamptz, NEW),
        },
    ),
}

# child table → (column, parent table, on delete)
PARENTS = {
    "suggestion_notices": [("suggestion_id", "suggestions", "CASCADE")],
    "message_codes": [
        ("message_id", "outbox_messages", "CASCADE"),
        ("suggestion_id", "suggestions", "CASCADE"),
    ],
}

RULES = """
ALTER TABLE digests
    ADD CONSTRAINT digests_state_ck CHECK (state IN ('written', 'nothing_to_say', 'skipped')),
    ADD CONSTRAINT digests_reason_ck CHECK ((state = 'skipped') = (reason IS NOT NULL));
ALTER TABLE suggestion_notices
    ADD CONSTRAINT suggestion_notices_purpose_ck CHECK (purpose IN ('suggestion', 'confirmation')),
    ADD CONSTRAINT suggestion_notices_state_ck CHECK (state IN ('written', 'skipped')),
    ADD CONSTRAINT suggestion_notices_reason_ck
        CHECK ((state = 'skipped') = (reason IS NOT NULL));
ALTER TABLE message_codes
    ADD CONSTRAINT message_codes_purpose_ck CHECK (purpose IN ('suggestion', 'confirmation')),
    ADD CONSTRAINT message_codes_code_ck CHECK (number > 0 AND code = (number - 1) % 99 + 1);
-- One digest for each local date, whatever the clock, the zone, the worker or Redis did.
CREATE UNIQUE INDEX digests_user_date_uq ON digests (user_id, local_date);
CREATE UNIQUE INDEX digest_schedules_user_uq ON digest_schedules (user_id);
CREATE UNIQUE INDEX suggestion_notices_uq ON suggestion_notices (suggestion_id, purpose);
CREATE UNIQUE INDEX message_codes_message_code_uq ON message_codes (message_id, code);
CREATE INDEX digest_schedules_due_idx ON digest_schedules (next_at);
CREATE INDEX digests_written_idx ON digests (written_at);
CREATE INDEX suggestion_notices_user_idx ON suggestion_notices (user_id, written_at);
CREATE INDEX message_codes_user_idx ON message_codes (user_id, code, created_at);
CREATE INDEX message_codes_suggestion_idx ON message_codes (suggestion_id);
-- What may have to be asked about or told at once; the state alone would read every old one.
CREATE INDEX suggestions_accepted_idx ON suggestions (slot_end) WHERE state = 'accepted';
CREATE INDEX suggestions_tied_idx ON suggestions (slot_start)
    WHERE state = 'pending' AND trigger IN ('shared_activity', 'important_date');
"""


class TablesThenRules(MigrationManager):
    """Piccolo runs raw statements before it adds tables, and cannot state what these rules say."""

    async def _run_drop_columns(self, backwards: bool = False) -> None:
        await super()._run_drop_columns(backwards=backwards)
        if backwards:
            await db.execute(
                """CREATE INDEX preferences_digest_idx ON preferences (next_digest_at)
                    WHERE next_digest_at IS NOT NULL;
                DROP INDEX suggestions_accepted_idx;
                DROP INDEX suggestions_tied_idx;"""
            )
        else:
            await apply()


async def apply() -> None:
    """Each row belongs to a user of its household."""
    for table in TABLES:
        for column in ("id", "household_id", "user_id"):
            await db.execute(f"ALTER TABLE {table} ALTER {column} DROP DEFAULT")
        await db.execute(
            f"""ALTER TABLE {table} ADD CONSTRAINT {table}_user_id_fk
                FOREIGN KEY (household_id, user_id) REFERENCES users (household_id, id)
                ON DELETE CASCADE"""
        )
    for table, links in PARENTS.items():
        for column, parent, action in links:
            await db.execute(
                f"""ALTER TABLE {table} ALTER {column} DROP DEFAULT,
                    ADD CONSTRAINT {table}_{column}_fk FOREIGN KEY (household_id, {column})
                    REFERENCES {parent} (household_id, id) ON DELETE {action}"""
            )
    await db.execute(RULES)


async def forwards() -> MigrationManager:
    """A user without preferences has a digest, too, so its schedule leaves their table.

    On the way back Piccolo drops the tables: what was written is forgotten, and who downgrades
    on a Sunday may get a second digest.
    """
    manager = TablesThenRules(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for table, (class_name, columns) in TABLES.items():
        manager.add_table(class_name=class_name, tablename=table, schema=None)
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
    manager.drop_column(
        table_class_name="Preferences",
        tablename="preferences",
        column_name="next_digest_at",
        db_column_name="next_digest_at",
        schema=None,
    )
    return manager
