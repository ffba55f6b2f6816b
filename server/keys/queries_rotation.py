"""Statements on rotations. They go over all households: no Scope here.

Names of tables and columns come from server/keys/classes.py, never from outside.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from server import db
from server.db import Row

_BEFORE_ALL = UUID(int=0)
_ROTATION = """id, purpose, household_id, data_class, state, table_name, position, unreadable,
    horizon, values_done, values_total, started_at, activated_at, finished_at"""
# A household's key and class, as `$1`, `$2`; NULL is each.
_IN_SCOPE = """purpose = 'data' AND ($1::uuid IS NULL OR household_id = $1)
    AND ($2::text IS NULL OR data_class = $2)"""


async def insert_rotation(
    rotation_id: UUID,
    purpose: str,
    *,
    household_id: UUID | None,
    data_class: str | None,
    now: datetime,
) -> bool:
    """Open a rotation; say whether none of this purpose was open."""
    return bool(
        await db.execute(
            """INSERT INTO key_rotations (id, purpose, household_id, data_class, state, started_at)
                VALUES ($1, $2, $3, $4, 'readable', $5) ON CONFLICT DO NOTHING""",
            rotation_id,
            purpose,
            household_id,
            data_class,
            now,
        )
    )


async def list_rotations(*, only_open: bool = False, limit: int = 100) -> list[Row]:
    """Return rotations, newest first."""
    return await db.fetch(
        f"""SELECT {_ROTATION} FROM key_rotations
            WHERE NOT $1 OR finished_at IS NULL ORDER BY started_at DESC, id DESC LIMIT $2""",
        only_open,
        limit,
    )


async def get_rotation(rotation_id: UUID) -> Row | None:
    """Return one rotation."""
    return await db.fetch_row(f"SELECT {_ROTATION} FROM key_rotations WHERE id = $1", rotation_id)


async def move(
    rotation: Row,
    state: str,
    *,
    table: str | None = None,
    position: UUID | None = None,
    horizon: int | None = None,
    unreadable: int = 0,
    done: int = 0,
    activated_at: datetime | None = None,
    finished_at: datetime | None = None,
) -> bool:
    """Compare and swap where a rotation is; False when another process has moved it meanwhile."""
    return bool(
        await db.execute(
            """UPDATE key_rotations SET state = $5, table_name = $6, position = $7, horizon = $8,
                    unreadable = $9, values_done = values_done + $10,
                    activated_at = coalesce($11, activated_at), finished_at = $12
                WHERE id = $1 AND state = $2 AND table_name IS NOT DISTINCT FROM $3
                    AND position IS NOT DISTINCT FROM $4""",
            rotation["id"],
            rotation["state"],
            rotation["table_name"],
            rotation["position"],
            state,
            table,
            position,
            horizon,
            unreadable,
            done,
            activated_at,
            finished_at,
        )
    )


async def finish(rotation_id: UUID, *, now: datetime) -> None:
    """Close a rotation that takes one step only."""
    await db.execute(
        """UPDATE key_rotations SET state = 'done', activated_at = $2, finished_at = $2
            WHERE id = $1""",
        rotation_id,
        now,
    )


async def set_total(rotation_id: UUID, total: int) -> None:
    """Note how many values there are to rewrite."""
    await db.execute("UPDATE key_rotations SET values_total = $2 WHERE id = $1", rotation_id, total)


async def list_newest_data_keys(household_id: UUID | None, data_class: str | None) -> list[Row]:
    """Return {household_id, data_class, key_version} of the newest key of each."""
    return await db.fetch(
        f"""SELECT household_id, data_class, max(key_version) AS key_version FROM key_ring
            WHERE {_IN_SCOPE} GROUP BY household_id, data_class""",
        household_id,
        data_class,
    )


async def activate_data_keys(
    household_id: UUID | None, data_class: str | None, *, now: datetime
) -> None:
    """Let the readable keys write, and those that wrote until now only be read."""
    await db.execute(
        f"""UPDATE key_ring AS k SET state = 'retiring', retiring_at = $3
            WHERE {_IN_SCOPE} AND state = 'active' AND EXISTS (SELECT FROM key_ring AS n
                WHERE n.purpose = 'data' AND n.household_id = k.household_id
                    AND n.data_class = k.data_class AND n.state = 'readable')""",
        household_id,
        data_class,
        now,
    )
    await db.execute(
        f"UPDATE key_ring SET state = 'active' WHERE {_IN_SCOPE} AND state = 'readable'",
        household_id,
        data_class,
    )


async def retire_data_keys(
    household_id: UUID | None, data_class: str | None, *, now: datetime
) -> int:
    """Retire the keys that only read, but for those that an archive needs; return their number."""
    return await db.execute(
        f"""UPDATE key_ring AS k SET state = 'retired', retired_at = $3
            WHERE {_IN_SCOPE} AND state = 'retiring'
                AND NOT EXISTS (SELECT FROM archive_keys AS a WHERE a.key_id = k.id)""",
        household_id,
        data_class,
        now,
    )


async def list_sealed(
    table: str,
    columns: Sequence[str],
    *,
    after: UUID | None,
    household_id: UUID | None,
    limit: int,
) -> list[Row]:
    """Return {id, household_id, …columns} of rows after `after`, in order."""
    # No `$1 IS NULL OR`: a plan that fits both cases reads each batch from the first row on.
    one = "AND household_id = $3" if household_id else ""
    return await db.fetch(
        f"""SELECT id, household_id, {", ".join(columns)} FROM {table}
            WHERE id > $1 {one} ORDER BY id LIMIT $2""",
        after or _BEFORE_ALL,
        limit,
        *([household_id] if household_id else []),
    )


async def hold(table: str, ids: Sequence[UUID]) -> set[UUID]:
    """Hold those of these rows that nobody else holds; return their ids.

    So a rotation never waits for a member, and a member waits for one batch at most.
    """
    rows = await db.fetch(
        f"""SELECT id FROM {table} WHERE id = ANY($1::uuid[])
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""",
        ids,
    )
    return {row["id"] for row in rows}


async def swap_sealed(
    table: str,
    columns: Sequence[str],
    ids: Sequence[UUID],
    old: Sequence[Sequence[bytes | None]],
    new: Sequence[Sequence[bytes | None]],
) -> int:
    """Write new ciphertexts where the old ones still stand; return the number of rows."""
    pairs = range(len(columns))
    given = ", ".join(f"${2 + 2 * i}::bytea[], ${3 + 2 * i}::bytea[]" for i in pairs)
    names = ", ".join(f"o{i}, n{i}" for i in pairs)
    sets = ", ".join(f"{column} = u.n{i}" for i, column in enumerate(columns))
    same = " AND ".join(
        f"t.{column} IS NOT DISTINCT FROM u.o{i}" for i, column in enumerate(columns)
    )
    values = [value for pair in zip(old, new, strict=True) for value in pair]
    return await db.execute(
        f"""UPDATE {table} AS t SET {sets} FROM unnest($1::uuid[], {given}) AS u (id, {names})
            WHERE t.id = u.id AND {same}""",
        ids,
        *values,
    )


async def count_sealed(
    table: str, columns: Sequence[str], household_id: UUID | None, key_ids: Sequence[bytes] | None
) -> int:
    """Count the values of these columns that keys other than the active ones sealed.

    With `key_ids`: those that these sealed.
    """
    which = (
        "substring({0} FROM 3 FOR 16) = ANY($2::bytea[])"
        if key_ids is not None
        else """substring({0} FROM 3 FOR 16) NOT IN (SELECT uuid_send(id) FROM key_ring
            WHERE purpose = 'data' AND state = 'active') AND $2::bytea[] IS NULL"""
    )
    counts = " + ".join(f"count(*) FILTER (WHERE {which.format(name)})" for name in columns)
    return int(
        await db.fetch_value(
            f"SELECT {counts} FROM {table} WHERE $1::uuid IS NULL OR household_id = $1",
            household_id,
            key_ids,
        )
    )


async def next_transaction() -> int:
    """Return a number that every transaction under way is below of."""
    return int(await db.fetch_value("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"))


async def all_ended_before(horizon: int) -> bool:
    """Say whether every transaction that was under way at `horizon` has ended."""
    return bool(
        await db.fetch_value(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= $1", horizon
        )
    )


async def list_unindexed(
    table: str, column: str, slot: str, key_id: UUID, *, after: UUID | None, limit: int
) -> list[Row]:
    """Return {id, household_id, sealed} of rows without this key's digest, after `after`."""
    return await db.fetch(
        f"""SELECT id, household_id, {column} AS sealed FROM {table}
            WHERE id > $1 AND {column} IS NOT NULL AND {slot}_key_id IS DISTINCT FROM $2
            ORDER BY id LIMIT $3""",
        after or _BEFORE_ALL,
        key_id,
        limit,
    )


async def set_digests(
    table: str,
    column: str,
    slot: str,
    key_id: UUID,
    ids: Sequence[UUID],
    sealed: Sequence[bytes],
    digests: Sequence[bytes],
) -> int:
    """Write digests where the values that they were made of still stand."""
    return await db.execute(
        f"""UPDATE {table} AS t SET {slot} = u.digest, {slot}_key_id = $4
            FROM unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS u (id, sealed, digest)
            WHERE t.id = u.id AND t.{column} = u.sealed""",
        ids,
        sealed,
        digests,
        key_id,
    )


async def count_unindexed(table: str, column: str, slot: str, key_id: UUID) -> int:
    """Count the rows that have a value but not this key's digest of it."""
    return int(
        await db.fetch_value(
            f"""SELECT count(*) FROM {table}
                WHERE {column} IS NOT NULL AND {slot}_key_id IS DISTINCT FROM $1""",
            key_id,
        )
    )


async def count_indexed(table: str, slot: str, key_id: UUID) -> int:
    """Count the rows that have this key's digest."""
    return int(
        await db.fetch_value(f"SELECT count(*) FROM {table} WHERE {slot}_key_id = $1", key_id)
    )


async def clear_digests(table: str, slot: str, kept: str, kept_key_id: UUID) -> int:
    """Empty a slot where the other one has the digest of the key that stays."""
    return await db.execute(
        f"""UPDATE {table} SET {slot} = NULL, {slot}_key_id = NULL
            WHERE {slot}_key_id IS NOT NULL AND {kept}_key_id = $1""",
        kept_key_id,
    )
