"""The columns of a page of contacts: what belongs to each comes as JSON text (ADR 0018).

PostgreSQL writes the parts of a reply once, and nobody reads them on the way to the client: type
`json`, which asyncpg hands over as text. Instants are written as pydantic and msgspec do.
"""

from server.contacts.queries_filters import in_days
from server.contacts.rules import ADDRESS_PARTS
from server.lib.cadence import CADENCE_DAYS, MAX_CADENCE_DAYS

# kind of a point → field of requests and replies
FIELDS = {
    "phone": "phones",
    "email": "emails",
    "address": "addresses",
    "link": "links",
    "social": "socials",
}
PARTS = (*FIELDS.values(), "dates", "groups", "tags")

# A group that asks for nothing comes after every other; below it means none.
_NEVER = MAX_CADENCE_DAYS + 1


def _instant(column: str) -> str:
    text = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({text}, '.000000Z', 'Z')"


def _points(kind: str, field: str) -> str:
    more = "".join(f", '{name}', p.components ->> '{name}'" for name in ADDRESS_PARTS)
    return f"""coalesce(json_agg(json_build_object('value', p.value, 'label', p.label,
            'preferred', p.is_preferred, 'normalised', p.normalised, 'source', p.source,
            'confirmed_at', {_instant("p.confirmed_at")}{more if kind == "address" else ""})
            ORDER BY p.position, p.id) FILTER (WHERE p.kind = '{kind}'), '[]') AS {field}"""


_POINTS = ", ".join(_points(kind, field) for kind, field in FIELDS.items())

COLUMNS = """(SELECT coalesce(json_agg(json_build_object('kind', d.kind, 'label', d.label,
            'year', d.year, 'month', d.month, 'day', d.day)
            ORDER BY d.month, d.day, d.kind, d.id), '[]')
        FROM contact_dates d WHERE d.household_id = $1 AND d.contact_id = c.id) AS dates,
    (SELECT coalesce(json_agg(json_build_object('id', t.id, 'name', t.name)
            ORDER BY t.name_key), '[]')
        FROM contact_tags ct JOIN tags t ON t.id = ct.tag_id
        WHERE ct.contact_id = c.id AND ct.user_id = $2) AS tags,
    member_of.groups, member_of.asked_days, points.*"""

# An archived group keeps its members, but asks for nothing.
JOINED = f"""CROSS JOIN LATERAL (SELECT {_POINTS}
        FROM contact_points p WHERE p.contact_id = c.id) AS points
    CROSS JOIN LATERAL (SELECT
        coalesce(json_agg(json_build_object('id', g.id, 'name', g.name)
            ORDER BY lower(g.name)), '[]') AS groups,
        min(coalesce(nullif(coalesce(g.cadence_days,
            {in_days("g.cadence", CADENCE_DAYS)}), 0), {_NEVER}))
            FILTER (WHERE g.archived_at IS NULL AND g.cadence IS NOT NULL) AS asked_days
        FROM group_members m JOIN groups g ON g.id = m.group_id
        WHERE m.contact_id = c.id AND m.user_id = $2) AS member_of"""
