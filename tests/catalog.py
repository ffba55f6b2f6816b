"""What a database's schema is, read from PostgreSQL's own catalogue."""

import asyncpg

_QUERIES = {
    "column": """SELECT c.relname || '.' || a.attname,
            concat_ws(' ', format_type(a.atttypid, a.atttypmod),
                CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid))
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
            AND NOT a.attisdropped""",
    "constraint": """SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0""",
    "index": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": """SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal""",
    "function": """SELECT p.proname, p.prosrc FROM pg_proc p
            LEFT JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
        WHERE p.pronamespace = 'public'::regnamespace AND d.objid IS NULL""",
    "options": """SELECT relname, array_to_string(reloptions, ',') FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND reloptions IS NOT NULL""",
    "rights": """SELECT relname, array_to_string(relacl, ',') FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'""",
}


async def schema_of(url: str) -> dict[tuple[str, str], str]:
    """Return {(what, name): definition} of everything in the public schema."""
    connection = await asyncpg.connect(url)
    try:
        return {
            (what, str(name)): str(definition)
            for what, query in _QUERIES.items()
            for name, definition in await connection.fetch(query)
        }
    finally:
        await connection.close()
