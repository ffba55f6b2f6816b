"""A million made-up contacts within minutes: SQL makes them, and indexes are built afterwards.

Only the planner reads them; nothing is encrypted and no trigger runs.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from benchmarks.data import NOW, ZONE

TABLES = (
    "users", "sessions", "idempotency_keys", "contacts", "contact_points", "contact_settings",
    "contact_dates", "groups", "group_members", "tags", "contact_tags", "interactions",
    "interaction_contacts", "suggestions", "suggestion_contacts", "imports", "calendar_connections",
    "calendars", "calendar_events", "calendar_occurrences",
)  # fmt: skip

GIVEN = (
    "Ana,Ben,Chidi,Dagny,Emile,Fatma,Giorgos,Hana,Ines,Juergen,Kenji,Lucja,Mei,Nadia,Oleg,"
    "Priya,Quentin,Ravi,Soren,Tomas,John,Maria,Paul,Sofia,Peter,Laura,Georgia,Martin,Julia,"
    "Thomas,Anna,David,Sarah,Michael,Lisa,Daniel,Emma,Lukas,Clara,Felix,Nora,Simon,Ida,Oscar,"
    "Marta"
)
SYLLABLES = (
    "mul,ler,schm,idt,smi,ber,ger,hoff,mann,jans,sen,kow,al,ski,lau,rent,no,vak,oka,for,gar,"
    "cia,ros,si,du,pont,tan,aka,wang,chen,pat,el,sing,h,san,tos,sil,va,per,ez,mar,tin,ek"
)

# Each makes an id of its own for row $2 of kind $1; short and in order, as UUIDv7 would be.
_HELPERS = """
CREATE FUNCTION pg_temp.id(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(kind), 8, '0') || '70008000' || lpad(to_hex(n), 16, '0'))::uuid $$;
CREATE FUNCTION pg_temp.pick(words text[]) RETURNS text LANGUAGE sql VOLATILE AS
    $$ SELECT words[1 + floor(random() * array_length(words, 1))::int] $$;
CREATE TEMP TABLE people (n bigint, user_id uuid, household_id uuid);
CREATE TEMP TABLE owners (u int, first bigint, size int, user_id uuid, household_id uuid);
"""

# $1 the first user's number, $2 the first contact's, $3 how many contacts each has. Every fourth
# user shares a household with the one before.
_OWNERS = """
INSERT INTO owners SELECT u, $2 + sum(size) OVER (ORDER BY u) - size, size, pg_temp.id(1, u),
    pg_temp.id(2, u - (u % 4 = 3)::int)
FROM (SELECT $1::int + row_number() OVER () - 1 AS u, size FROM unnest($3::int[]) AS size) AS s
"""

_FILL = """
INSERT INTO households (id, name, created_at)
    SELECT DISTINCT household_id, 'house', {now} FROM owners ON CONFLICT DO NOTHING;
INSERT INTO users (id, household_id, email, name, password_hash, password_changed_at, zone,
        server_role, household_role, created_at)
    SELECT user_id, household_id, 'u' || u || '@example.org', 'U', 'x', {now}, '{zone}', 'member',
        'member', {now} FROM owners;
INSERT INTO people SELECT g, user_id, household_id
    FROM owners CROSS JOIN LATERAL generate_series(first, first + size - 1) AS g;

INSERT INTO contacts (id, household_id, user_id, visibility, name, name_key, organisation,
        search_key, created_at, updated_at)
    SELECT pg_temp.id(3, n), household_id, user_id,
        CASE WHEN random() < 0.1 THEN 'household' ELSE 'private' END,
        name, lower(name), org, lower(name || ' ' || org || ' ' || given || n || '@example.org')
            || ' 4915' || lpad(n::text, 9, '0'), {now} - random() * interval '900 days', {now}
    FROM (SELECT *, given || ' ' || initcap(pg_temp.pick({syllables}) || pg_temp.pick({syllables})
                || pg_temp.pick({syllables})) AS name,
            initcap(pg_temp.pick({syllables}) || pg_temp.pick({syllables})) || ' Ltd' AS org
        FROM (SELECT *, pg_temp.pick({given}) AS given FROM people) AS g) AS named;
INSERT INTO contact_points (id, household_id, user_id, contact_id, kind, value, normalised)
    SELECT pg_temp.id(4, n), household_id, user_id, pg_temp.id(3, n), 'phone',
        '+4915' || lpad(n::text, 9, '0'), '+4915' || lpad(n::text, 9, '0') FROM people;
INSERT INTO contact_points (id, household_id, user_id, contact_id, kind, value, normalised)
    SELECT pg_temp.id(5, n), household_id, user_id, pg_temp.id(3, n), 'email',
        'p' || n || '@example.org', 'p' || n || '@example.org' FROM people WHERE n % 2 = 0;
INSERT INTO contact_dates (id, household_id, user_id, contact_id, kind, month, day)
    SELECT pg_temp.id(6, n), household_id, user_id, pg_temp.id(3, n), 'birthday',
        1 + n % 12, 1 + n % 28 FROM people WHERE n % 3 = 0;
INSERT INTO contact_settings (id, household_id, user_id, contact_id, cadence, circle, archived_at,
        paused_until)
    SELECT pg_temp.id(7, n), household_id, user_id, pg_temp.id(3, n),
        ('{{weekly,monthly,quarterly,yearly,none}}'::text[])[1 + n % 9],
        CASE WHEN n % 97 = 0 THEN 'inner' WHEN n % 37 = 0 THEN 'close'
            WHEN n % 11 = 0 THEN 'active' WHEN n % 5 = 0 THEN 'casual' END,
        CASE WHEN n % 20 = 0 THEN {now} END,
        CASE WHEN n % 50 = 1 THEN {now} + interval '9 days' END
    FROM people WHERE n % 10 < 7;
INSERT INTO groups (id, household_id, user_id, name, is_default, cadence, created_at)
    SELECT pg_temp.id(8, u * 8 + g), household_id, user_id, 'Group ' || g, g < 5,
        CASE g WHEN 1 THEN 'weekly' END, {now} FROM owners, generate_series(0, 7) AS g;
INSERT INTO group_members (id, household_id, user_id, group_id, contact_id, created_at)
    SELECT pg_temp.id(9, n), p.household_id, p.user_id, pg_temp.id(8, u * 8 + n % 8),
        pg_temp.id(3, n), {now} FROM people p JOIN owners USING (user_id) WHERE n % 3 = 0;
INSERT INTO tags (id, household_id, user_id, name, name_key, created_at)
    SELECT pg_temp.id(10, u * 32 + t), household_id, user_id, 'tag ' || t, 'tag ' || t, {now}
    FROM owners, generate_series(0, 31) AS t;
INSERT INTO contact_tags (id, household_id, user_id, tag_id, contact_id, created_at)
    SELECT pg_temp.id(11, n), p.household_id, p.user_id, pg_temp.id(10, u * 32 + n % 32),
        pg_temp.id(3, n), {now} FROM people p JOIN owners USING (user_id) WHERE n % 2 = 0;
INSERT INTO interactions (id, household_id, user_id, kind, state, visibility, occurred_at,
        created_at, updated_at)
    SELECT pg_temp.id(12, n * 2 + k), household_id, user_id, 'call', 'confirmed', 'private',
        {now} - random() * interval '400 days', {now}, {now}
    FROM people, generate_series(0, 1) AS k WHERE n % 4 > k;
INSERT INTO interaction_contacts (id, household_id, user_id, interaction_id, contact_id)
    SELECT pg_temp.id(13, n * 2 + k), household_id, user_id, pg_temp.id(12, n * 2 + k),
        pg_temp.id(3, n)
    FROM people, generate_series(0, 1) AS k WHERE n % 4 > k;
INSERT INTO suggestions (id, household_id, user_id, trigger, kind, state, way, slot_start,
        slot_end, slot_zone, reasons, closed_at, dismissed_reason, created_at, updated_at)
    SELECT pg_temp.id(14, n), household_id, user_id, 'timebound', 'individual', state, 'call',
        at, at + interval '30 minutes', '{zone}', '[]',
        CASE WHEN state <> 'pending' THEN at END, CASE state WHEN 'dismissed' THEN 'other' END,
        at - interval '3 days', at - interval '3 days'
    FROM (SELECT *, CASE WHEN n - first < 50 THEN 'pending' WHEN n % 20 < 10 THEN 'expired'
                WHEN n % 20 < 15 THEN 'dismissed' ELSE 'confirmed' END AS state,
            {now} + interval '2 hours' * (CASE WHEN n - first < 50 THEN n - first
                ELSE first - n END)::int AS at
        FROM people p JOIN owners o USING (user_id, household_id) WHERE n % 5 = 0) AS s;
INSERT INTO suggestion_contacts (id, household_id, user_id, suggestion_id, contact_id, is_open)
    SELECT pg_temp.id(15, n), p.household_id, p.user_id, pg_temp.id(14, n), pg_temp.id(3, n),
        n - first < 50
    FROM people p JOIN owners USING (user_id) WHERE n % 5 = 0;
INSERT INTO sessions (id, household_id, user_id, user_agent, address, created_at, last_used_at,
        expires_at)
    SELECT pg_temp.id(16, u * 32 + s), household_id, user_id, 'agent', '', {now}, {now},
        {now} + interval '1 day' * s FROM owners, generate_series(0, 31) AS s;
INSERT INTO idempotency_keys (id, household_id, user_id, key, status, body, created_at, expires_at)
    SELECT pg_temp.id(17, u * 128 + s), household_id, user_id, 'key' || s, 200, '', {now},
        {now} + interval '1 day' FROM owners, generate_series(0, 127) AS s;
INSERT INTO imports (id, household_id, user_id, format, content_sha256, created_at)
    SELECT pg_temp.id(18, u * 16 + s), household_id, user_id, 'vcard', '',
        {now} - interval '9 days' * s FROM owners, generate_series(0, 15) AS s;
INSERT INTO calendar_connections (id, household_id, user_id, provider, created_at)
    SELECT pg_temp.id(19, u), household_id, user_id, 'upload', {now} FROM owners;
INSERT INTO calendars (id, household_id, user_id, connection_id, is_selected, expanded_from,
        expanded_until, created_at, updated_at)
    SELECT pg_temp.id(20, u), household_id, user_id, pg_temp.id(19, u), true,
        {now} - interval '1 year', {now} + interval '1 year', {now}, {now} FROM owners;
INSERT INTO calendar_events (id, household_id, user_id, calendar_id, uid, component,
        component_sha256, first_start, last_end)
    SELECT pg_temp.id(21, u * 512 + e), household_id, user_id, pg_temp.id(20, u), 'e' || e, '', '',
        {now} + interval '1 day' * (e - 150), {now} + interval '1 day' * (e - 149)
    FROM owners, generate_series(0, 299) AS e;
INSERT INTO calendar_occurrences (id, household_id, user_id, calendar_id, event_id, starts_at,
        ends_at)
    SELECT pg_temp.id(22, u * 512 + e), household_id, user_id, pg_temp.id(20, u),
        pg_temp.id(21, u * 512 + e), {now} + interval '1 day' * (e - 150),
        {now} + interval '1 day' * (e - 150) + interval '1 hour'
    FROM owners, generate_series(0, 299) AS e;
TRUNCATE people, owners;
"""


@asynccontextmanager
async def filling(url: str) -> AsyncIterator[asyncpg.Connection]:
    """Yield a superuser's connection that can `fill`: no trigger, no key check."""
    connection = await asyncpg.connect(url, command_timeout=1_800)
    try:
        await connection.execute(
            """SET session_replication_role = replica; SET synchronous_commit = off;
            SET maintenance_work_mem = '512MB'; SET jit = off; SELECT setseed(0.5);"""
            + _HELPERS
        )
        yield connection
    finally:
        await connection.close()


async def fill(
    connection: asyncpg.Connection, sizes: Sequence[int], *, first_user: int, first_contact: int
) -> None:
    """Add users with `sizes` contacts each, and what people have around these.

    Indexes are dropped and built again: for many rows that is several times as fast.
    """
    literal = {
        "now": f"'{NOW.isoformat()}'::timestamptz",
        "zone": ZONE,
        "given": f"'{{{GIVEN}}}'::text[]",
        "syllables": f"'{{{SYLLABLES}}}'::text[]",
    }
    indexes = await connection.fetch(
        """SELECT indexname, indexdef FROM pg_indexes
            WHERE schemaname = 'public' AND tablename = ANY($1)
            AND indexname NOT IN (SELECT conname FROM pg_constraint)""",
        TABLES,
    )
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['indexname']}")
    await connection.execute(_OWNERS, first_user, first_contact, list(sizes))
    await connection.execute(_FILL.format(**literal))
    for index in indexes:
        await connection.execute(index["indexdef"])
    await connection.execute("VACUUM ANALYZE")
