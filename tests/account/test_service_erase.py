"""When the grace is over nothing is left of a person: not in the database, Redis, the store."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from server import config, db, redis_client
from server.account import service_close, service_erase
from server.account.columns import EXPORTED
from server.audit import service_verify
from server.errors import ProviderError
from server.keys import objects
from server.lib.clock import utc_now
from server.users import service as users
from server.users.schemas import LoginIn
from server.users.sessions import Device
from tests.factories import PASSWORD, Member, make_housemate, make_member
from tests.owned import own_one_of_each
from tests.rows import insert_contact, insert_own, make
from tests.times import MONDAY

# It stands in every table that can hold words of a person.
CANARY = "Canary7q3x"


@pytest.fixture
async def person(client, member) -> Member:
    """Somebody who is not the admin, with a row in every table and a photo in the store."""
    person = await make_member(name=CANARY, place=CANARY, household_name=CANARY)
    await own_one_of_each(client, person)
    body = {
        "name": CANARY,
        "notes": CANARY,
        "organisation": CANARY,
        "phones": [{"value": "+49 30 901820", "label": CANARY}],
        "custom_fields": {CANARY: CANARY},
        "dates": [{"kind": "other", "label": CANARY, "month": 3, "day": 1}],
    }
    reply = await client.post("/api/contacts", json=body, headers=person.headers)
    assert reply.status_code == 201, await reply.get_json()
    await users.login(
        LoginIn(email=person.email, password=PASSWORD),
        Device(user_agent=CANARY, address="192.0.2.77"),
        now=utc_now(),
    )
    for table in EXPORTED.keys() - {"users", "households", "audit_entries"}:
        if not await count_mine(table, person):
            await make(table, person)
    return person


async def count_mine(table: str, person: Member) -> int:
    rule = EXPORTED[table].mine or ""
    values = [person.scope.household_id, person.scope.user_id][: 2 if "$2" in rule else 1]
    return int(await db.fetch_value(f"SELECT count(*) FROM {table} WHERE {rule}", *values))


async def close(person: Member, **more: Any):
    return await service_close.close_for(
        person.email, **{"shared": "hand_over", "now": MONDAY, **more}
    )


async def erase(person: Member, **more: Any) -> dict[str, Any]:
    closed = await close(person, **more)
    assert await service_erase.erase_due(now=closed.due_at) == 1
    found = (await service_close.get_erasure(closed.restore_token)).certificate
    assert found is not None
    return found


async def tables_with(text: str) -> dict[str, int]:
    """Return the tables in which a text stands, as PostgreSQL prints rows, and how often."""
    names = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {
        row["tablename"]: await db.fetch_value(
            f"SELECT count(*) FROM {row['tablename']} t WHERE t::text ILIKE '%' || $1 || '%'", text
        )
        for row in names
    }
    return {name: number for name, number in found.items() if number}


async def redis_keys(text: str) -> list[bytes]:
    """Return the keys that name a text, but for waiting jobs: those find nobody, and go."""
    keys = [key async for key in redis_client.shared().scan_iter(match=f"*{text}*")]
    return [key for key in keys if not key.startswith(b"saq:")]


def stored_objects() -> list[str]:
    folder = Path(urlsplit(config.settings().storage_url or "").path)
    return [str(file) for file in folder.rglob("*") if file.is_file()]


async def test_every_table_had_a_row_of_the_person(person):
    assert [name for name in EXPORTED if not await count_mine(name, person)] == []


async def test_nothing_is_left_in_any_table(person):
    await erase(person)

    left = {name: await count_mine(name, person) for name in EXPORTED}
    # What they did stays in the trail, which tells of ids; see the audit trail's own tests.
    del left["audit_entries"]
    assert not any(left.values()), left
    assert await tables_with(CANARY) == {}
    assert await tables_with(person.email) == {}
    assert await tables_with("192.0.2.77") == {}
    assert (await tables_with(str(person.scope.user_id))).keys() == {"erasures", "audit_entries"}


async def test_the_chains_of_the_trail_stay_whole(person):
    certificate = await erase(person)

    assert certificate["audit_entries_stripped"] >= 1
    assert [verdict for verdict in await service_verify.verify() if verdict.flaw] == []


async def test_the_walk_over_the_tables_would_see_a_row_that_was_left(person, member):
    await erase(person)
    await insert_contact(member, name=f"{CANARY}, left over")

    assert await tables_with(CANARY) == {"contacts": 1}


async def test_the_household_goes_with_its_last_member_and_their_keys(person):
    certificate = await erase(person)

    assert certificate["household_erased"]
    home = person.scope.household_id
    assert await db.fetch_value("SELECT count(*) FROM key_ring WHERE household_id = $1", home) == 0
    assert await db.fetch_value("SELECT count(*) FROM households WHERE id = $1", home) == 0


async def test_no_object_is_left_in_the_store(person):
    mine = f"/photos/{person.scope.household_id}/"
    before = [name for name in stored_objects() if mine in name]

    certificate = await erase(person)

    assert len(before) == certificate["objects"] == 1
    assert [name for name in stored_objects() if mine in name] == []


async def test_no_key_of_redis_names_the_person(client, person):
    await redis_client.shared().set(f"limit:user:{person.scope.user_id}", b"1", ex=60)
    await client.get("/api/contacts", headers=person.headers)
    assert len(await redis_keys(str(person.scope.user_id))) >= 2

    await erase(person)

    assert await redis_keys(str(person.scope.user_id)) == []


async def test_the_proof_counts_what_there_was(person):
    there = {name: await count_mine(name, person) for name in EXPORTED}

    certificate = await erase(person)

    rows = certificate["rows"]
    del rows["audit_entries"], there["audit_entries"]  # closing adds to it
    assert rows == there
    assert certificate["backups_until"] == (MONDAY + timedelta(days=7 + 30)).isoformat()


async def test_nothing_is_erased_before_the_grace_is_over(person):
    closed = await close(person)

    assert await service_erase.erase_due(now=closed.due_at - timedelta(seconds=1)) == 0
    assert await count_mine("users", person) == 1


async def test_who_was_restored_is_not_erased(person):
    closed = await close(person)
    await service_close.restore(closed.restore_token, now=MONDAY)

    assert await service_erase.erase_due(now=closed.due_at) == 0
    assert await count_mine("users", person) == 1


@pytest.mark.parametrize("fate", ["hand_over", "erase"])
async def test_what_the_household_sees_is_handed_over_or_erased(client, person, fate):
    heir = await make_housemate(person)
    contact_id = await insert_contact(person, name="Grandma", visibility="household")
    await insert_own("contact_points", person, contact_id=contact_id, kind="phone", value="+49301")
    private = await insert_contact(person, name="A secret")

    certificate = await erase(person, shared=fate)

    rows = await db.fetch(
        "SELECT id, user_id FROM contacts WHERE id = ANY($1)", [contact_id, private]
    )
    points = await db.fetch_value(
        "SELECT count(*) FROM contact_points WHERE contact_id = $1", contact_id
    )
    handed = fate == "hand_over"
    assert [dict(row) for row in rows] == (
        [{"id": contact_id, "user_id": heir.scope.user_id}] if handed else []
    )
    assert points == handed
    assert certificate["handed_over"].get("contacts", 0) == handed
    assert not certificate["household_erased"]


async def test_what_a_housemate_wrote_stays(client, person):
    housemate = await make_housemate(person)
    theirs = await own_one_of_each(client, housemate)

    await erase(person, shared="erase")

    reply = await client.get(f"/api/contacts/{theirs['contact']}", headers=housemate.headers)
    assert reply.status_code == 200


async def test_a_store_that_is_away_leaves_everything_for_the_next_run(person, monkeypatch):
    closed = await close(person)

    async def refuse(*_: Any) -> None:
        raise ProviderError("away", retryable=True, code="storage_unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(objects, "delete", refuse)
        with pytest.raises(ProviderError):
            await service_erase.erase_due(now=closed.due_at)
    assert await count_mine("users", person) == 1

    assert await service_erase.erase_due(now=closed.due_at) == 1
    assert await tables_with(CANARY) == {}


async def test_what_has_begun_cannot_be_taken_back(person, monkeypatch):
    closed = await close(person)

    async def refuse(*_: Any) -> None:
        raise ProviderError("away", retryable=True)

    with monkeypatch.context() as patch:
        patch.setattr(objects, "delete", refuse)
        with pytest.raises(ProviderError):
            await service_erase.erase_due(now=closed.due_at)

    assert (await service_close.get_erasure(closed.restore_token)).state == "erasing"


STEPS = ("_start", "_delete_objects", "_tell_housemates", "_delete_person", "_forget")


class Killed(BaseException):
    """A process that dies leaves like this: nothing catches it."""


@pytest.mark.parametrize("step", STEPS)
async def test_killed_after_any_step_it_goes_on(person, monkeypatch, step):
    await make_housemate(person)
    closed = await close(person)
    real = getattr(service_erase, step)

    async def die(*args: Any, **kwargs: Any) -> None:
        await real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(service_erase, step, die)
        with pytest.raises(Killed):
            await service_erase.erase_due(now=closed.due_at)

    await service_erase.erase_due(now=closed.due_at)

    assert (await service_close.get_erasure(closed.restore_token)).state == "erased"
    assert await count_mine("users", person) == 0


async def test_two_runs_at_once_erase_once(person):
    closed = await close(person)

    done = await asyncio.gather(
        *(service_erase.erase(closed.id, now=closed.due_at) for _ in range(2))
    )

    assert sorted(done) == [False, True]
