"""An interaction or suggestion goes with the last contact that it was about."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "nothing is kept about nobody"

# parent table → (child table, its column that names the parent)
CHILDREN = {
    "interactions": ("interaction_contacts", "interaction_id"),
    "suggestions": ("suggestion_contacts", "suggestion_id"),
}


async def apply() -> None:
    """Watch the children; what they leave behind may hold notes about a deleted contact."""
    for parent, (child, column) in CHILDREN.items():
        await db.execute(
            f"""
            CREATE FUNCTION {parent}_nobody_left() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                DELETE FROM {parent} WHERE id IN (SELECT {column} FROM gone)
                    AND NOT EXISTS (SELECT FROM {child} WHERE {column} = {parent}.id);
                RETURN NULL;
            END $$;
            CREATE TRIGGER {parent}_nobody_left AFTER DELETE ON {child}
                REFERENCING OLD TABLE AS gone
                FOR EACH STATEMENT EXECUTE FUNCTION {parent}_nobody_left();
            """
        )


async def revert() -> None:
    """Stop watching."""
    for parent, (child, _) in CHILDREN.items():
        await db.execute(
            f"DROP TRIGGER {parent}_nobody_left ON {child}; DROP FUNCTION {parent}_nobody_left"
        )


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
