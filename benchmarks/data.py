"""Made-up people and their past, the same in every run."""

import io
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from asyncpg.connection import LoggedQuery

from benchmarks import texts
from server import config, db, logs, wiring
from server.calendars import service_import as calendars
from server.calendars.schemas import ImportQuery
from server.calendars.service_events import Planning, free_times
from server.keys import server_keys
from server.lib.availability import Availability
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.lib.texts import search_key
from server.lib.uploads import Upload
from server.suggestions.slots import cut_slots
from server.users import service as users
from server.users.schemas import RegisterIn
from server.users.sessions import Device

# A Monday at noon in Berlin.
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
ZONE = "Europe/Berlin"

_PLACES = (("Berlin", "Europe/Berlin"), ("Hamburg", "Europe/Berlin"), ("London", "Europe/London"),
           ("New York", "America/New_York"), ("Tokyo", "Asia/Tokyo"), (None, None))  # fmt: skip
_CADENCES = (None, None, "weekly", "monthly", "monthly", "quarterly", "quarterly", "yearly", "none")
_CIRCLES = (None, None, "inner", "close", "active", "casual")
_TAGS = 30
_TALKS = 3


@asynccontextmanager
async def open_database() -> AsyncIterator[None]:
    """Open the pool as the worker does, with the server's keys; one connection, to be watched."""
    logs.configure("error")
    wiring.connect()
    async with db.pool(config.settings(), max_size=1):
        await server_keys.start(now=NOW)
        yield


async def analyze() -> None:
    """Give the planner what autovacuum gives it within minutes; only the owner may."""
    connection = await asyncpg.connect(config.settings().owner_database)
    try:
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def backend_pid() -> int:
    """Return the process of PostgreSQL that serves the one connection."""
    async with db.connection() as connection:
        return int(connection.get_server_pid())


async def watch_statements() -> list[LoggedQuery]:
    """Return a list that every statement from now on is added to, BEGIN and COMMIT included."""
    seen: list[LoggedQuery] = []
    async with db.connection() as connection:
        connection.add_query_logger(seen.append)
    return seen


async def count_free_slots(scope: Scope) -> int:
    """Return how many half hours a pass can give away."""
    planning = Planning(scope, ZoneInfo(ZONE), Availability())
    free = await free_times([planning], now=NOW)
    return len(cut_slots(free[scope.user_id], 30))


async def make_user(number: int) -> Scope:
    """Register a user with a household of their own and the default groups."""
    signed_in = await users.register(
        RegisterIn(
            email=f"user{number}@example.org",
            password="correct horse battery staple",
            zone=ZONE,
            place="Berlin",
        ),
        Device(),
        now=NOW,
    )
    return Scope(signed_in.user.household_id, signed_in.user.id)


async def fill(
    scope: Scope, number: int, *, contacts: int, with_calendar: bool = True
) -> list[UUID]:
    """Give a user contacts with settings, groups, tags, dates and talks, and a full calendar.

    Returns the ids of the contacts.
    """
    chance = random.Random(number)
    ids = [uuid7() for _ in range(contacts)]
    await _insert_contacts(scope, ids, chance)
    await _insert_settings(scope, ids, chance)
    await _insert_groups(scope, ids, chance)
    await _insert_tags(scope, ids, chance)
    await _insert_talks(scope, ids, chance)
    if with_calendar:
        await calendars.import_file(
            scope, Upload(io.BytesIO(texts.calendar()), "all.ics"), ImportQuery(), now=NOW
        )
    return ids


async def suggest(scope: Scope, contact_ids: list[UUID], number: int, *, count: int) -> None:
    """Give a user a past of suggestions, `count` in all, five of them still pending."""
    chance = random.Random(number)
    rows, links = [], []
    for place, contact_id in enumerate(contact_ids[:count]):
        state = "pending" if place < 5 else chance.choice(("dismissed", "expired", "confirmed"))
        suggestion_id = uuid7()
        day = NOW + timedelta(days=1 + place if state == "pending" else -place)
        rows.append(
            (
                suggestion_id,
                *_own(scope),
                *("timebound", state),
                *(day, day + timedelta(minutes=30), ZONE, day - timedelta(days=3), day),
                None if state == "pending" else day,
                "bad_timing" if state == "dismissed" else None,
            )
        )
        is_open = state == "pending"
        links.append((uuid7(), *_own(scope), suggestion_id, contact_id, is_open))
    columns = """trigger state slot_start slot_end slot_zone created_at updated_at closed_at
        dismissed_reason"""
    await _insert("suggestions", columns, rows)
    await db.execute("UPDATE suggestions SET reasons = '[]' WHERE user_id = $1", scope.user_id)
    await _insert("suggestion_contacts", "suggestion_id contact_id is_open", links)


async def _insert_contacts(scope: Scope, ids: list[UUID], chance: random.Random) -> None:
    rows = []
    for number, contact_id in enumerate(ids):
        name = f"{chance.choice(texts.GIVEN)} {chance.choice(texts.FAMILY)} {number}"
        place, zone = chance.choice(_PLACES)
        key = search_key(name)
        source = "inferred" if zone else None
        since = NOW - timedelta(days=chance.randrange(1, 1_000))
        rows.append((contact_id, *_own(scope), name, key, place, zone, source, key, since, since))
    columns = "name name_key location zone zone_source search_key created_at updated_at"
    await _insert("contacts", columns, rows)
    points = [
        (uuid7(), *_own(scope), contact_id, kind, value, value)
        for number, contact_id in enumerate(ids)
        for kind, value in (
            ("phone", f"+4915{scope.user_id.int % 100_000:05}{number:04}"),
            ("email", f"person{number}@example.org"),
        )
    ]
    await _insert("contact_points", "contact_id kind value normalised", points)


async def _insert_settings(scope: Scope, ids: list[UUID], chance: random.Random) -> None:
    rows = [
        (
            uuid7(),
            *_own(scope),
            contact_id,
            chance.choice(_CADENCES),
            chance.choice(_CIRCLES),
            NOW - timedelta(days=30) if chance.random() < 0.05 else None,
        )
        for contact_id in ids
        if chance.random() < 0.7
    ]
    await _insert("contact_settings", "contact_id cadence circle archived_at", rows)
    dates = [
        (uuid7(), *_own(scope), each, "birthday", chance.randint(1, 12), chance.randint(1, 28))
        for each in ids
        if chance.random() < 0.4
    ]
    await _insert("contact_dates", "contact_id kind month day", dates)


async def _insert_groups(scope: Scope, ids: list[UUID], chance: random.Random) -> None:
    groups = await db.fetch("SELECT id FROM groups WHERE user_id = $1 ORDER BY name", scope.user_id)
    rows = [
        (uuid7(), *_own(scope), group["id"], contact_id, NOW)
        for contact_id in ids
        for group in chance.sample(groups, chance.randrange(3))
    ]
    await _insert("group_members", "group_id contact_id created_at", rows)


async def _insert_tags(scope: Scope, ids: list[UUID], chance: random.Random) -> None:
    tags = [uuid7() for _ in range(_TAGS)]
    named = [(tag, *_own(scope), f"tag {n}", f"tag {n}", NOW) for n, tag in enumerate(tags)]
    await _insert("tags", "name name_key created_at", named)
    rows = [
        (uuid7(), *_own(scope), tag, contact_id, NOW)
        for contact_id in ids
        for tag in chance.sample(tags, chance.randrange(4))
    ]
    await _insert("contact_tags", "tag_id contact_id created_at", rows)


async def _insert_talks(scope: Scope, ids: list[UUID], chance: random.Random) -> None:
    talks, links = [], []
    for contact_id in ids:
        for _ in range(chance.randrange(2 * _TALKS + 1)):
            talk_id, at = uuid7(), NOW - timedelta(hours=chance.randrange(24, 24 * 900))
            talks.append((talk_id, *_own(scope), "call", "confirmed", at, at, at))
            links.append((uuid7(), *_own(scope), talk_id, contact_id))
    await _insert("interactions", "kind state occurred_at created_at updated_at", talks)
    await _insert("interaction_contacts", "interaction_id contact_id", links)


async def _insert(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    await db.insert_rows(table, ("id", "household_id", "user_id", *columns.split()), rows)


def _own(scope: Scope) -> tuple[UUID, UUID]:
    return scope.household_id, scope.user_id
