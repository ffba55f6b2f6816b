"""The audit trail: addresses that can be erased, signed anchors, and a way for old entries to go.

What is personal leaves the append-only table; its entry keeps a commitment to it.
"""

from typing import Any

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns import BigInt, Bytea, Column, Timestamptz, Varchar
from piccolo.columns import UUID as Uuid

from server import db
from server.lib.ids import uuid7

ID = "2026-11-22T20:15:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "audit trail: commitments, anchors, alerts"

_ID: tuple[type[Column], dict[str, Any]] = (Uuid, {"primary_key": True, "default": uuid7})
_REFERENCE = {"default": None, "null": False}
_BYTES = {"default": b"", "null": False}
_INSTANT = {"default": None, "null": False}

# class → (table, its columns)
TABLES: dict[str, tuple[str, dict[str, tuple[type[Column], dict[str, Any]]]]] = {
    "AuditPersonal": (
        "audit_personal",
        {
            "id": _ID,
            "person_id": (Uuid, {"null": True, "default": None}),
            "salt": (Bytea, {"null": True, "default": None}),
            "address": (Varchar, {"length": 45, "default": ""}),
        },
    ),
    "AuditAnchor": (
        "audit_anchors",
        {
            "id": _ID,
            "chain_id": (Uuid, _REFERENCE),
            "sequence": (BigInt, {"default": 0}),
            "hash": (Bytea, _BYTES),
            "kind": (Varchar, {"length": 6, "default": ""}),
            "signature": (Bytea, _BYTES),
            "at": (Timestamptz, _INSTANT),
        },
    ),
    "SecurityAlert": (
        "security_alerts",
        {
            "id": _ID,
            "kind": (Varchar, {"length": 30, "default": ""}),
            "name": (Bytea, _BYTES),
            "at": (Timestamptz, _INSTANT),
        },
    ),
}

# What stood before, to go back to.
_APPEND_ONLY = """
CREATE OR REPLACE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
"""

RULES = """
-- The application makes every id; Piccolo's default is one fixed value for all rows.
ALTER TABLE audit_personal ALTER id DROP DEFAULT;
ALTER TABLE audit_anchors ALTER id DROP DEFAULT;
ALTER TABLE security_alerts ALTER id DROP DEFAULT;
ALTER TABLE audit_personal ADD CONSTRAINT audit_personal_id_fk
    FOREIGN KEY (id) REFERENCES audit_entries (id) ON DELETE CASCADE;
ALTER TABLE audit_anchors ADD CONSTRAINT audit_anchors_kind_ck CHECK (kind IN ('head', 'pruned'));
CREATE INDEX audit_personal_person_idx ON audit_personal (person_id) WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX audit_anchors_place_uq ON audit_anchors (chain_id, sequence, kind);
CREATE INDEX audit_entries_newest_idx ON audit_entries (at, id);
CREATE UNIQUE INDEX security_alerts_name_uq ON security_alerts (name);
CREATE INDEX security_alerts_at_idx ON security_alerts (at);
-- Ended ones, too: each sign-in asks whether its device was ever seen.
CREATE INDEX sessions_person_idx ON sessions (user_id);

-- In one statement, and yet the head is read after the lock: each statement of a volatile
-- function sees what was committed before it.
CREATE FUNCTION audit_lock_head(chain uuid) RETURNS TABLE (sequence bigint, hash bytea)
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(chain::text, 0));
    RETURN QUERY SELECT e.sequence, e.hash FROM audit_entries e
        WHERE e.chain_id = chain ORDER BY e.sequence DESC LIMIT 1;
END $$;

CREATE OR REPLACE FUNCTION audit_entries_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('catchup.audit_prunes', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_anchors_append_only BEFORE UPDATE OR DELETE ON audit_anchors
    FOR EACH ROW EXECUTE FUNCTION audit_entries_append_only();
CREATE TRIGGER audit_anchors_no_truncate BEFORE TRUNCATE ON audit_anchors
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_append_only();
CREATE TRIGGER audit_personal_not_changed BEFORE UPDATE ON audit_personal
    FOR EACH ROW EXECUTE FUNCTION audit_entries_append_only();

-- The only way for an entry to go: old, not the newest of its chain, and what came before it
-- signed as pruned. The application has no right to delete, so it asks the owner's function.
CREATE FUNCTION audit_prune(chain uuid, through bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE pruned bigint;
BEGIN
    IF through >= (SELECT max(sequence) FROM audit_entries WHERE chain_id = chain)
        OR NOT EXISTS (SELECT FROM audit_anchors
            WHERE chain_id = chain AND sequence = through AND kind = 'pruned')
        OR EXISTS (SELECT FROM audit_entries
            WHERE chain_id = chain AND sequence <= through AND at > now() - interval '30 days')
    THEN
        RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('catchup.audit_prunes', 'on', true);
    DELETE FROM audit_entries WHERE chain_id = chain AND sequence <= through;
    GET DIAGNOSTICS pruned = ROW_COUNT;
    DELETE FROM audit_anchors WHERE chain_id = chain AND sequence <= through
        AND (kind, sequence) <> ('pruned', through);
    PERFORM set_config('catchup.audit_prunes', 'off', true);
    RETURN pruned;
END $$;
REVOKE ALL ON FUNCTION audit_prune FROM PUBLIC;
"""


class AddressesMove(MigrationManager):
    """Between Piccolo's steps: addresses move when both their old and their new place are there."""

    async def _run_add_tables(self, backwards: bool = False) -> None:
        if not backwards:
            await super()._run_add_tables()

    async def _run_drop_columns(self, backwards: bool = False) -> None:
        if not backwards:
            await apply()
        await super()._run_drop_columns(backwards=backwards)
        if backwards:
            await revert()
            await super()._run_add_tables(backwards=True)


async def apply() -> None:
    """Move the addresses; what was hashed before never covered them, so they have no salt."""
    await db.execute(
        """INSERT INTO audit_personal (id, person_id, address)
            SELECT id, coalesce(actor_id, CASE WHEN subject_kind = 'user' THEN subject_id END),
                address
            FROM audit_entries WHERE address IS NOT NULL"""
    )
    await db.execute(RULES)


async def revert() -> None:
    """Move them back. Entries with a commitment do not verify there; entries alone are kept."""
    await db.execute(
        f"""
        DROP TRIGGER audit_anchors_append_only ON audit_anchors;
        DROP TRIGGER audit_anchors_no_truncate ON audit_anchors;
        DROP TRIGGER audit_personal_not_changed ON audit_personal;
        DROP FUNCTION audit_prune;
        DROP FUNCTION audit_lock_head;
        DROP INDEX audit_entries_newest_idx;
        DROP INDEX sessions_person_idx;
        ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_append_only;
        UPDATE audit_entries e SET address = p.address FROM audit_personal p WHERE p.id = e.id;
        ALTER TABLE audit_entries ENABLE TRIGGER audit_entries_append_only;
        ALTER TABLE audit_personal DROP CONSTRAINT audit_personal_id_fk;
        {_APPEND_ONLY}
        """
    )


async def forwards() -> MigrationManager:
    """Three tables, a column for commitments, and none for addresses."""
    manager = AddressesMove(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    for class_name, (table, columns) in TABLES.items():
        manager.add_table(class_name=class_name, tablename=table, schema=None)
        for name, (column_class, params) in columns.items():
            _add(manager, class_name, table, name, column_class, params)
    entries = {"class_name": "AuditEntry", "table": "audit_entries"}
    _add(
        manager,
        **entries,
        name="commitment",
        column_class=Bytea,
        params={"null": True, "default": None},
    )
    manager.drop_column(
        table_class_name="AuditEntry",
        tablename="audit_entries",
        column_name="address",
        db_column_name="address",
        schema=None,
    )
    return manager


def _add(
    manager: MigrationManager,
    class_name: str,
    table: str,
    name: str,
    column_class: type[Column],
    params: dict[str, Any],
) -> None:
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
