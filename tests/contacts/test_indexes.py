"""Foreign keys of a table without statistics are checked by their key, not through a list."""

import asyncpg
import pytest

NOBODY = "00000000-0000-7000-8000-000000000000"
CHECKS = {
    "contacts_household_id_uq": "SELECT 1 FROM ONLY contacts x WHERE household_id = $1 AND id = $2"
    " FOR KEY SHARE OF x",
    "contact_dates_contact_idx": "DELETE FROM ONLY contact_dates"
    " WHERE $1 = household_id AND $2 = contact_id",
}


async def run(url, *statements):
    connection = await asyncpg.connect(url)
    try:
        return [await connection.fetch(statement) for statement in statements]
    finally:
        await connection.close()


@pytest.mark.parametrize("index", CHECKS)
async def test_a_key_check_on_an_empty_table_uses_its_own_index(own_database, index):
    *_, plan = await run(
        own_database.owner_database,
        "SET plan_cache_mode = force_generic_plan",
        f"PREPARE check_key(uuid, uuid) AS {CHECKS[index]}",
        f"EXPLAIN EXECUTE check_key('{NOBODY}', '{NOBODY}')",
    )

    assert f"using {index} " in "\n".join(row[0] for row in plan)


@pytest.mark.parametrize(
    ("index", "condition"),
    [
        (
            "contacts_fingerprint_idx",
            f"user_id = '{NOBODY}' AND octet_length(fingerprint) = 32 AND fingerprint = w.value",
        ),
        (
            "contacts_fingerprints_idx",
            "octet_length(fingerprint) > 32 AND fingerprints_of(fingerprint) @> ARRAY[w.value]",
        ),
    ],
)
async def test_a_card_is_found_by_its_fingerprint_through_an_index(own_database, index, condition):
    *_, plan = await run(
        own_database.owner_database,
        "SET enable_seqscan = off",
        f"""EXPLAIN SELECT c.id FROM unnest(ARRAY['x'::bytea]) AS w (value) CROSS JOIN LATERAL (
            SELECT id FROM contacts WHERE {condition} OFFSET 0) AS c""",
    )

    assert index in "\n".join(row[0] for row in plan)
