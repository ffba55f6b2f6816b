"""The rules that the database keeps by itself, tried with plain SQL."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest

from migrations.m0002_rules import OWNED
from server import db
from server.piccolo_app import APP_CONFIG
from tests.catalog import schema_of
from tests.rows import PARENTS, make

TABLES = {
    table._meta.tablename: {column._meta.name: column for column in table._meta.columns}
    for table in APP_CONFIG.table_classes
}
WITH_HOUSEHOLD = sorted(name for name, columns in TABLES.items() if "household_id" in columns)
LINKS = [(table, column, parent) for table, links in PARENTS.items() for column, parent, _ in links]

# Columns that name something without a foreign key, and why.
LOOSE = {
    ("users", "phone_index_key_id"): "keys outlive the rows that used them",
    ("users", "phone_index_2_key_id"): "keys outlive the rows that used them",
    ("archive_keys", "key_id"): "an archive outlives the household whose key it was made with",
    ("contacts", "photo_id"): "names an object in the store",
    ("refresh_tokens", "replaced_by"): "the next link of the same chain, for people who look",
    ("outbox_messages", "lease_token"): "made up by the sender that holds the row",
    ("outbox_messages", "cause_id"): "a digest, suggestion or reply: what was said outlives it",
    ("audit_entries", "chain_id"): "the trail outlives households and users",
    ("audit_entries", "actor_id"): "the trail outlives households and users",
    ("audit_entries", "subject_id"): "the trail outlives households and users",
    ("erasures", "person_id"): "the proof outlives the person",
    ("erasures", "home_id"): "the proof outlives the household",
    ("audit_personal", "person_id"): "erased by the service, which says so in the trail",
    ("audit_anchors", "chain_id"): "the trail outlives households and users",
}


@pytest.fixture(scope="module")
def schema(servers, template):
    url = urlsplit(servers.owner_url)._replace(path=f"/{template}").geturl()
    return asyncio.run(schema_of(url))


def definitions(schema, what):
    return {name: text for (kind, name), text in schema.items() if kind == what}


def test_no_id_has_a_default(schema):
    """Piccolo gives one fixed UUID to all rows; the application makes each id."""
    uuids = {n: d for n, d in definitions(schema, "column").items() if d.startswith("uuid")}

    assert len(uuids) > 100
    assert [name for name, definition in uuids.items() if "DEFAULT" in definition] == []


@pytest.mark.parametrize("table", [t for t in WITH_HOUSEHOLD if "user_id" in TABLES[t]])
def test_a_users_rows_name_household_and_user_together(schema, table):
    assert definitions(schema, "constraint")[f"{table}.{table}_user_id_fk"] == (
        "FOREIGN KEY (household_id, user_id) REFERENCES users(household_id, id) ON DELETE CASCADE"
    )


def test_every_id_of_another_row_is_a_key_within_the_household(schema):
    keys = " ".join(
        text
        for text in definitions(schema, "constraint").values()
        if text.startswith("FOREIGN KEY (household_id, ")
    )
    free = {
        (table, name)
        for table, columns in TABLES.items()
        for name in columns
        if name.endswith(("_id", "_by", "_token")) and columns[name].column_type == "UUID"
        if name not in {"household_id"} and f"(household_id, {name}) REFERENCES" not in keys
    }

    assert free == set(LOOSE)


@pytest.mark.parametrize("table", ["users", "key_ring", "key_rotations"])
def test_a_household_takes_its_users_and_keys_along(schema, table):
    assert definitions(schema, "constraint")[f"{table}.{table}_household_fk"] == (
        "FOREIGN KEY (household_id) REFERENCES households(id) ON DELETE CASCADE"
    )


@pytest.mark.parametrize(
    ("table", "leading"),
    [
        ("contacts", "(user_id, "),
        ("contact_settings", "(user_id, archived_at, "),
        ("suggestions", "(user_id, created_at "),
        ("suggestions", "(state)"),
        ("suggestions", "(created_at)"),
        ("suggestions", "(user_id, state, "),
    ],
)
def test_the_queries_of_the_contract_have_an_index(schema, table, leading):
    found = [t for t in definitions(schema, "index").values() if f" ON public.{table} " in t]

    assert any(leading in text for text in found)


def test_the_list_of_suggestions_has_an_index_in_its_order(schema):
    text = definitions(schema, "index")["suggestions_user_slot_idx"]

    assert "(user_id, COALESCE(slot_start, 'infinity'::timestamp with time zone), id)" in text


def test_a_search_looks_within_the_household(schema):
    text = definitions(schema, "index")["contacts_search_idx"]

    assert "gin (household_id, search_key gin_trgm_ops)" in text


@pytest.mark.parametrize(("table", "column", "parent"), LINKS)
def test_deleting_a_parent_finds_its_children_by_an_index(schema, table, column, parent):
    found = [t for t in definitions(schema, "index").values() if f" ON public.{table} " in t]

    assert [t for t in found if f"({column}" in t or f"(household_id, {column}" in t], parent


@pytest.mark.parametrize(("table", "column", "parent"), LINKS)
async def test_a_row_cannot_point_into_another_household(member, stranger, table, column, parent):
    theirs = await make(parent, stranger)

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await make(table, member, **{column: theirs})


@pytest.mark.parametrize(("table", "column", "parent"), LINKS)
async def test_a_row_can_point_within_its_household(member, table, column, parent):
    ours = await make(parent, member)

    await make(table, member, **{column: ours})


@pytest.mark.parametrize("table", OWNED)
async def test_a_row_cannot_belong_to_a_user_of_another_household(member, stranger, table):
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await make(table, member, user_id=stranger.scope.user_id)


async def test_an_existing_row_cannot_move_to_another_household(member, stranger):
    contact = await make("contacts", member)

    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await db.execute(
            "UPDATE contacts SET household_id = $2 WHERE id = $1",
            contact,
            stranger.scope.household_id,
        )


async def test_a_household_that_goes_leaves_only_the_audit_trail(member, stranger):
    for table in set(OWNED) - {"suggestions"}:  # comes along with suggestion_contacts
        await make(table, member)

    await db.execute("DELETE FROM households WHERE id = $1", member.scope.household_id)

    counts = {
        table: await db.fetch_value(
            f"SELECT count(*) FROM {table} WHERE household_id = $1", member.scope.household_id
        )
        for table in WITH_HOUSEHOLD
    }
    assert {table: count for table, count in counts.items() if count} == {}
    assert await db.fetch_value(
        "SELECT count(*) FROM audit_entries WHERE chain_id = $1", member.scope.household_id
    )


async def test_a_contact_that_goes_takes_along_what_is_only_about_it(member):
    contact = await make("contacts", member)
    for table in ("contact_points", "contact_dates", "contact_settings", "interaction_contacts"):
        await make(table, member, contact_id=contact)
    await make("suggestion_contacts", member, contact_id=contact)

    await db.execute("DELETE FROM contacts WHERE id = $1", contact)

    for table in ("contact_points", "contact_dates", "contact_settings"):
        assert await db.fetch_value(f"SELECT count(*) FROM {table}") == 0
    for table in ("interactions", "suggestions"):
        assert await db.fetch_value(f"SELECT count(*) FROM {table}") == 0


BAD_ROWS = [
    ("users", {"email": "Ana@example.org"}),
    ("users", {"email": " ana@example.org"}),
    ("users", {"email": "ana"}),
    ("users", {"server_role": "owner"}),
    ("users", {"household_role": "admin"}),
    ("users", {"phone": b"x"}),
    ("contacts", {"name": ""}),
    ("contacts", {"visibility": "public"}),
    ("contacts", {"zone": "Europe/Berlin"}),
    ("contacts", {"zone_source": "given"}),
    ("contacts", {"zone": "Europe/Berlin", "zone_source": "guessed"}),
    ("contact_points", {"kind": "fax"}),
    ("contact_points", {"value": ""}),
    ("contact_dates", {"kind": "nameday"}),
    ("contact_settings", {"cadence": "sometimes"}),
    ("contact_settings", {"cadence": "days"}),
    ("contact_settings", {"cadence": "weekly", "cadence_days": 7}),
    ("contact_settings", {"cadence": "days", "cadence_days": 0}),
    ("contact_settings", {"cadence_days": 7}),
    ("contact_settings", {"circle": "outer"}),
    ("groups", {"name": " "}),
    ("groups", {"cadence": "days"}),
    ("tags", {"name": ""}),
    ("interactions", {"state": "missed"}),
    ("interactions", {"kind": "letter"}),
    ("suggestions", {"slot_start": None}),
    ("suggestions", {"slot_start": None, "slot_end": None}),
    ("suggestions", {"state": "snoozed"}),
    ("suggestions", {"state": "confirmed"}),
    ("suggestions", {"state": "dismissed"}),
    ("suggestions", {"dismissed_reason": "other"}),
    ("suggestions", {"state": "lost"}),
    ("suggestions", {"trigger": "whim"}),
    ("calendar_occurrences", {"is_all_day": True}),
    ("calendar_occurrences", {"status": "maybe"}),
    ("calendar_connections", {"provider": "ics_link"}),
    ("availability", {"minimum_slot_minutes": 4}),
    ("availability", {"horizon_days": 93}),
    ("availability", {"night_start": "22:00"}),
    ("preferences", {"max_open_suggestions": 51}),
    ("preferences", {"digest_weekday": 7}),
    ("outbox_messages", {"state": "sending"}),
    ("outbox_messages", {"state": "suppressed"}),
    ("outbox_messages", {"channel": "pigeon"}),
]


@pytest.mark.parametrize(
    ("table", "wrong"), BAD_ROWS, ids=[f"{table}-{wrong}" for table, wrong in BAD_ROWS]
)
async def test_the_database_refuses_what_no_row_may_say(member, table, wrong):
    with pytest.raises(asyncpg.CheckViolationError):
        await make(table, member, **wrong)


@pytest.mark.parametrize("day", [(None, 2, 30), (2023, 2, 29), (None, 13, 1), (None, 4, 31)])
async def test_a_date_that_no_calendar_has_is_refused(member, day):
    year, month, of_month = day

    with pytest.raises((asyncpg.CheckViolationError, asyncpg.DatetimeFieldOverflowError)):
        await make("contact_dates", member, year=year, month=month, day=of_month)


async def test_a_birthday_on_29_february_may_lack_its_year(member):
    await make("contact_dates", member, month=2, day=29)


@pytest.mark.parametrize(
    ("table", "same"),
    [
        ("groups", {"name": "Friends"}),
        ("tags", {"name_key": "chess"}),
        ("preferences", {}),
        ("availability", {}),
        ("refresh_tokens", {"token_hash": b"x"}),
        ("outbox_messages", {"dedupe_key": "x"}),
        ("message_events", {"provider": "x", "provider_event_id": "x"}),
        ("inbox_messages", {"provider": "x", "provider_event_id": "x"}),
        ("idempotency_keys", {"key": "x"}),
    ],
)
async def test_there_are_no_two_of(member, table, same):
    await db.execute("DELETE FROM groups")
    await make(table, member, **same)

    with pytest.raises(asyncpg.UniqueViolationError):
        await make(table, member, **same)


async def test_group_names_differ_in_more_than_their_case(member):
    await make("groups", member, name="Chess club")

    with pytest.raises(asyncpg.UniqueViolationError):
        await make("groups", member, name="CHESS Club")


async def test_an_email_is_taken_for_the_whole_server(member, stranger):
    with pytest.raises(asyncpg.UniqueViolationError):
        await make("users", stranger, email=member.email)
