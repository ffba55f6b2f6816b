"""Statements on the audit trail: entries are inserted and read, never changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server import db
from server.db import Row
from server.lib.ids import uuid7
from server.lib.paging import Age, by_age

COLUMNS = (
    "id", "chain_id", "sequence", "actor_id", "action", "subject_kind", "subject_id", "at",
    "details", "commitment", "previous_hash", "hash",
)  # fmt: skip
_PLACES = ", ".join(f"${number}" for number in range(1, len(COLUMNS) + 1))
_INSERT = f"INSERT INTO audit_entries ({', '.join(COLUMNS)}) VALUES ({_PLACES})"
_WITH_ADDRESS = f"""WITH entry AS ({_INSERT})
    INSERT INTO audit_personal (id, person_id, salt, address)
    VALUES ($1, ${len(COLUMNS) + 1}, ${len(COLUMNS) + 2}, ${len(COLUMNS) + 3})"""
_ENTRIES = f"""SELECT {", ".join(f"e.{column}" for column in COLUMNS)}, p.salt, p.address
    FROM audit_entries e LEFT JOIN audit_personal p ON p.id = e.id"""


async def lock_head(chain_id: UUID) -> Row | None:
    """Hold the chain until the transaction ends; return its newest entry's sequence and hash."""
    return await db.fetch_row("SELECT sequence, hash FROM audit_lock_head($1)", chain_id)


async def insert_entry(
    values: dict[str, Any],
    *,
    address: str | None = None,
    salt: bytes | None = None,
    person_id: UUID | None = None,
) -> None:
    """Append one entry, and beside it the address that it commits to."""
    entry = [values[column] for column in COLUMNS]
    if address is None:
        await db.execute(_INSERT, *entry)
    else:
        await db.execute(_WITH_ADDRESS, *entry, person_id, salt, address)


async def list_chain(
    chain_id: UUID, *, after: tuple[int, UUID], limit: int, through: int | None = None
) -> list[Row]:
    """Return entries in order after (sequence, id); with what is personal in them."""
    return await db.fetch(
        f"""{_ENTRIES} WHERE e.chain_id = $1 AND (e.sequence, e.id) > ($2, $3)
            AND ($5::bigint IS NULL OR e.sequence <= $5)
            ORDER BY e.sequence, e.id LIMIT $4""",
        chain_id,
        *after,
        limit,
        through,
    )


async def list_entries(
    *,
    chain_id: UUID | None,
    person_id: UUID | None,
    action: str | None,
    actor_id: UUID | None,
    subject_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    sort: Age,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Row]:
    """Return entries that meet all that is given, by age, after the place `after`.

    `action` is one, or the first words of several (`user` finds `user.signed_in`); `person_id`
    did it or it was done to them. Only what is asked for stands in the statement, so that each
    filter has an index of its own.
    """
    values: list[Any] = []

    def bind(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    conditions = ["true"]
    if chain_id is not None:
        conditions.append(f"e.chain_id = {bind(chain_id)}")
    if action is not None:
        # Words are of letters, `_` and `.`; `_` would stand for any letter in a pattern.
        several = action.replace("_", r"\_") + ".%"
        conditions.append(f"(e.action = {bind(action)} OR e.action LIKE {bind(several)})")
    if actor_id is not None:
        conditions.append(f"e.actor_id = {bind(actor_id)}")
    if subject_id is not None:
        conditions.append(f"e.subject_id = {bind(subject_id)}")
    if since is not None:
        conditions.append(f"e.at >= {bind(since)}")
    if until is not None:
        conditions.append(f"e.at < {bind(until)}")
    direction, beyond = by_age(sort)
    if after is not None:
        conditions.append(f"(e.at, e.id) {beyond} ({bind(after[0])}, {bind(after[1])})")
    if person_id is not None:
        person = bind(person_id)
        conditions.append(
            f"(e.actor_id = {person} OR (e.subject_kind = 'user' AND e.subject_id = {person}))"
        )
    return await db.fetch(
        f"""{_ENTRIES} WHERE {" AND ".join(conditions)}
            ORDER BY e.at {direction}, e.id {direction} LIMIT {bind(limit)}""",
        *values,
    )


async def list_heads() -> list[Row]:
    """Return chain_id, sequence and hash of each chain's newest entry."""
    return await db.fetch(_newest("audit_entries", "chain_id, sequence, hash"))


async def list_newest_anchors() -> list[Row]:
    """Return chain_id, sequence, hash, kind and signature of each chain's newest anchor."""
    return await db.fetch(_newest("audit_anchors", "chain_id, sequence, hash, kind, signature"))


async def list_anchors(chain_id: UUID) -> list[Row]:
    """Return every anchor of a chain in order: sequence, hash, kind and signature."""
    return await db.fetch(
        """SELECT sequence, hash, kind, signature FROM audit_anchors
            WHERE chain_id = $1 ORDER BY sequence, kind""",
        chain_id,
    )


async def list_chains() -> list[UUID]:
    """Return every chain that has entries, or had some when it was anchored."""
    rows = await db.fetch(
        "SELECT chain_id FROM audit_entries UNION SELECT chain_id FROM audit_anchors ORDER BY 1"
    )
    return [row["chain_id"] for row in rows]


async def insert_anchors(
    kind: str, anchors: Sequence[tuple[UUID, int, bytes, bytes]], *, now: datetime
) -> None:
    """Keep signed places, as (chain, sequence, hash, signature); one that is kept stays."""
    chains, sequences, hashes, signatures = zip(*anchors, strict=True)
    await db.execute(
        """INSERT INTO audit_anchors (id, chain_id, sequence, hash, kind, signature, at)
            SELECT u.id, u.chain_id, u.sequence, u.hash, $6, u.signature, $7
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bytea[], $5::bytea[])
                AS u (id, chain_id, sequence, hash, signature)
            ON CONFLICT DO NOTHING""",
        [uuid7() for _ in anchors],
        chains,
        sequences,
        hashes,
        signatures,
        kind,
        now,
    )


async def list_prunable(*, before: datetime, batch: int) -> list[Row]:
    """Return (chain_id, through) of chains that begin with entries older than `before`.

    `through` is at most `batch` entries on; it never reaches the newest entry of a chain.
    """
    return await db.fetch(
        """SELECT chain_id, least(through, first + $2 - 1) AS through FROM (
                SELECT o.chain_id, o.first,
                    least(coalesce((SELECT min(e.sequence) FROM audit_entries e
                        WHERE e.chain_id = o.chain_id AND e.at >= $1) - 1, o.last), o.last - 1)
                        AS through
                FROM (SELECT chain_id, min(sequence) AS first, max(sequence) AS last
                    FROM audit_entries WHERE chain_id IN
                        (SELECT DISTINCT chain_id FROM audit_entries WHERE at < $1)
                    GROUP BY chain_id) o) found
            WHERE through >= first""",
        before,
        batch,
    )


async def prune(chain_id: UUID, through: int) -> int:
    """Delete a chain's entries up to `through`, which must be anchored as pruned."""
    return int(await db.fetch_value("SELECT audit_prune($1, $2)", chain_id, through))


async def erase_person(person_id: UUID) -> int:
    """Delete what the trail holds of a person besides their id; return the number of entries."""
    return await db.execute("DELETE FROM audit_personal WHERE person_id = $1", person_id)


async def erase_before(before: datetime) -> int:
    """Delete what is personal in entries from before; those that are a chain's newest stay on."""
    return await db.execute(
        """DELETE FROM audit_personal p USING audit_entries e WHERE e.id = p.id AND e.at < $1""",
        before,
    )


async def freeze() -> None:
    """Let all that follows in this transaction see one state of the trail, and write nothing."""
    await db.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _newest(table: str, columns: str) -> str:
    """Return the statement for each chain's newest row: it jumps from chain to chain by index."""
    return f"""WITH RECURSIVE chains AS (
            (SELECT chain_id FROM {table} ORDER BY chain_id LIMIT 1)
            UNION ALL
            SELECT (SELECT t.chain_id FROM {table} t WHERE t.chain_id > c.chain_id
                ORDER BY t.chain_id LIMIT 1)
            FROM chains c WHERE c.chain_id IS NOT NULL)
        SELECT newest.* FROM chains c CROSS JOIN LATERAL
            (SELECT {columns} FROM {table} t WHERE t.chain_id = c.chain_id
                ORDER BY t.sequence DESC LIMIT 1) newest"""
