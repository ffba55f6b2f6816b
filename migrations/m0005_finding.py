"""Finding contacts at scale: search within a household, circles, and only indexes that serve.

The indexes are made in one transaction, which keeps everybody from writing contacts, and from
searching them, until it ends: stop the servers. On a small machine the one of the search took 20 s
for 200,000 contacts, so it takes about two minutes for each million.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from server import db

ID = "2026-11-22T16:05:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "finding contacts at scale"

# btree_gin puts the household into the trigram index, fuzzystrmatch counts typing errors.
EXTENSIONS = ("btree_gin", "fuzzystrmatch")

_PENDING = (
    "suggestions (user_id, slot_start, id) INCLUDE (slot_end, slot_zone, score, trigger, kind,"
    " way, version) WHERE state = 'pending'"
)

# index → (what it was, what it becomes), as what stands after CREATE INDEX … ON; None: no index
INDEXES: dict[str, tuple[str | None, str | None]] = {
    # Without the household the words of the whole server are read for a search in one.
    "contacts_search_idx": (
        "contacts USING gin (search_key gin_trgm_ops)",
        "contacts USING gin (household_id, search_key gin_trgm_ops)",
    ),
    "contact_settings_circle_idx": (
        None,
        "contact_settings (user_id, circle, contact_id) WHERE circle IS NOT NULL",
    ),
    # It covered a list without reasons and contacts, which the API never answered. What it did
    # serve, suggestions_user_state_idx serves as well.
    "suggestions_pending_idx": (
        _PENDING,
        None,
    ),
    # The order of the list, in which a snoozed one without a slot comes last.
    "suggestions_user_slot_idx": (
        None,
        "suggestions (user_id, coalesce(slot_start, 'infinity'::timestamptz), id)",
    ),
}


async def apply() -> None:
    """Add what is new, replace what falls short."""
    for name in EXTENSIONS:
        await db.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
    for name, (_, target) in INDEXES.items():
        await _rebuild(name, target)


async def revert() -> None:
    """Give every index its former shape; the extensions stay, as those before."""
    for name, (target, _) in INDEXES.items():
        await _rebuild(name, target)


async def _rebuild(name: str, target: str | None) -> None:
    await db.execute(f"DROP INDEX IF EXISTS {name}")
    if target is not None:
        await db.execute(f"CREATE INDEX {name} ON {target}")


async def forwards() -> MigrationManager:
    """Piccolo runs `apply` on the way there and `revert` on the way back, each in a transaction."""
    manager = MigrationManager(migration_id=ID, app_name="catchup", description=DESCRIPTION)
    manager.add_raw(apply)
    manager.add_raw_backwards(revert)
    return manager
