from datetime import timedelta

import pytest

from server import db
from server.errors import Conflict
from server.keys import envelope, rewriting, service, service_rotation
from server.keys.classes import ENCRYPTED, DataClass
from server.keys.rotation_rules import SETTLE
from server.lib.ids import uuid7
from tests.factories import make_member
from tests.keys.sealed_rows import finish, list_wrong, seal_every_column
from tests.openapi_walk import PHOTO
from tests.rows import insert_contact
from tests.times import MONDAY

SOON = timedelta(seconds=1)


async def states(purpose="data"):
    rows = await db.fetch(
        "SELECT state, count(*) AS keys FROM key_ring WHERE purpose = $1 GROUP BY state", purpose
    )
    return {row["state"]: row["keys"] for row in rows}


async def last():
    return (await service_rotation.list_rotations())[0]


async def settled():
    """Begin a rotation and take it to where the new keys write; return the moment."""
    await service_rotation.begin("data", now=MONDAY)
    await service_rotation.advance(now=MONDAY + SETTLE)
    return MONDAY + SETTLE


async def note(contact_id):
    return await db.fetch_value("SELECT notes FROM contacts WHERE id = $1", contact_id)


async def test_every_value_is_readable_under_new_keys_and_the_old_ones_retire(member):
    await seal_every_column(member)
    await service_rotation.begin("data", now=MONDAY)

    await finish(MONDAY)

    assert await list_wrong(member) == []
    assert await states() == {"active": len(DataClass), "retired": len(DataClass)}


async def test_it_counts_the_values_it_has_rewritten(member):
    await seal_every_column(member)
    await service_rotation.begin("data", now=MONDAY)

    await finish(MONDAY)

    rotation = await last()
    assert rotation["values_done"] == rotation["values_total"] >= len(ENCRYPTED)
    assert (rotation["state"], rotation["unreadable"]) == ("done", 0)


async def test_a_new_key_does_not_write_before_every_process_knows_it(member):
    before = (await service.box(member.scope.household_id)).seal("contacts", "notes", uuid7(), "x")
    await service_rotation.begin("data", now=MONDAY)

    await service_rotation.advance(now=MONDAY + SETTLE - SOON)

    service.forget_boxes()
    after = (await service.box(member.scope.household_id)).seal("contacts", "notes", uuid7(), "x")
    assert envelope.key_id_of(after) == envelope.key_id_of(before)


async def test_a_new_key_is_readable_from_the_beginning(member):
    await service_rotation.begin("data", now=MONDAY)

    assert await states() == {"active": len(DataClass), "readable": len(DataClass)}


async def test_a_process_with_a_box_of_the_beginning_reads_what_the_new_keys_seal(member):
    contact_id = await insert_contact(member)
    await service_rotation.begin("data", now=MONDAY)
    service.forget_boxes()
    old_box = await service.box(member.scope.household_id)
    await finish(MONDAY)

    service.forget_boxes()
    new_box = await service.box(member.scope.household_id)

    blob = new_box.seal("contacts", "notes", contact_id, "new")
    assert old_box.open("contacts", "notes", contact_id, blob) == "new"


async def test_what_a_member_writes_meanwhile_stays(member):
    contact_id = await insert_contact(member)
    box = await service.box(member.scope.household_id)
    now = await settled()
    blob = box.seal("contacts", "notes", contact_id, "by a slow process, with the old key")
    await db.execute("UPDATE contacts SET notes = $2 WHERE id = $1", contact_id, blob)

    await finish(now)

    service.forget_boxes()
    box = await service.box(member.scope.household_id)
    fresh = await note(contact_id)
    assert fresh != blob
    assert box.open("contacts", "notes", contact_id, fresh).startswith("by a slow")


async def test_what_a_member_writes_between_reading_and_writing_stays(member, monkeypatch):
    contact_id = await insert_contact(member)
    box = await service.box(member.scope.household_id)
    blob = box.seal("contacts", "notes", contact_id, "before")
    await db.execute("UPDATE contacts SET notes = $2 WHERE id = $1", contact_id, blob)
    now = await settled()
    service.forget_boxes()
    box = await service.box(member.scope.household_id)
    real, other = rewriting.write, await db.engine().get_new_connection()

    async def write(table, fresh):
        edit = box.seal("contacts", "notes", contact_id, "after")
        await other.execute("UPDATE contacts SET notes = $2 WHERE id = $1", contact_id, edit)
        await real(table, fresh)

    monkeypatch.setattr(rewriting, "write", write)
    try:
        await finish(now)
    finally:
        await other.close()

    assert box.open("contacts", "notes", contact_id, await note(contact_id)) == "after"


async def test_an_old_key_does_not_retire_while_a_process_may_write_with_it(member):
    now = await settled()

    while await service_rotation.advance(now=now + SETTLE - SOON):
        pass

    assert "retired" not in await states()


async def test_an_old_key_does_not_retire_while_an_older_transaction_runs(member):
    now = await settled()
    other = await db.engine().get_new_connection()
    try:
        running = other.transaction()
        await running.start()
        await other.execute("SELECT pg_current_xact_id()")
        while await service_rotation.advance(now=now + SETTLE):
            pass
        assert "retired" not in await states()
        await running.rollback()
    finally:
        await other.close()

    await finish(now + SETTLE)

    assert "retired" in await states()


async def test_a_row_that_somebody_holds_is_passed_over_and_found_later(member):
    contact_id = await insert_contact(member)
    box = await service.box(member.scope.household_id)
    blob = box.seal("contacts", "notes", contact_id, "held")
    await db.execute("UPDATE contacts SET notes = $2 WHERE id = $1", contact_id, blob)
    now = await settled()
    other = await db.engine().get_new_connection()
    try:
        async with other.transaction():
            await other.execute("SELECT FROM contacts WHERE id = $1 FOR UPDATE", contact_id)
            while await service_rotation.advance(now=now):
                pass
            assert await note(contact_id) == blob
    finally:
        await other.close()

    await finish(now)

    assert await note(contact_id) != blob
    assert "retiring" not in await states()


async def test_a_damaged_value_stays_and_keeps_its_key(member):
    contact_id = await insert_contact(member)
    box = await service.box(member.scope.household_id)
    blob = box.seal("contacts", "notes", contact_id, "text")
    damaged = blob[:-1] + bytes([blob[-1] ^ 1])
    await db.execute("UPDATE contacts SET notes = $2 WHERE id = $1", contact_id, damaged)
    await service_rotation.begin("data", now=MONDAY)

    await finish(MONDAY)

    assert (await last())["unreadable"] == 1
    assert (await states())["retiring"] == len(DataClass)


async def test_a_key_that_a_kept_archive_needs_does_not_retire(member):
    key_id = await db.fetch_value("SELECT id FROM key_ring WHERE data_class = 'notes'")
    await db.execute(
        "INSERT INTO archive_keys (id, key_id, archive, noted_at) VALUES ($1, $2, 'sunday', $3)",
        uuid7(),
        key_id,
        MONDAY,
    )
    await service_rotation.begin("data", now=MONDAY)

    await finish(MONDAY)

    assert await db.fetch_value("SELECT state FROM key_ring WHERE id = $1", key_id) == "retiring"
    assert (await states())["retired"] == len(DataClass) - 1


async def test_one_class_alone_is_rotated(member):
    await service_rotation.begin("data", data_class="notes", now=MONDAY)

    await finish(MONDAY)

    assert await states() == {"active": len(DataClass), "retired": 1}


async def test_one_household_alone_is_rotated(member, stranger):
    await service_rotation.begin("data", household_id=member.scope.household_id, now=MONDAY)

    await finish(MONDAY)

    touched = await db.fetch("SELECT DISTINCT household_id FROM key_ring WHERE state = 'retired'")
    assert [row["household_id"] for row in touched] == [member.scope.household_id]


async def test_a_second_rotation_waits_for_the_first(member):
    await service_rotation.begin("data", now=MONDAY)

    with pytest.raises(Conflict) as refused:
        await service_rotation.begin("data", now=MONDAY)

    assert refused.value.code == "rotation_running"
    assert await states() == {"active": len(DataClass), "readable": len(DataClass)}


async def test_versions_count_up(member):
    for _ in range(2):
        await service_rotation.begin("data", data_class="notes", now=MONDAY)
        await finish(MONDAY)

    rows = await db.fetch("SELECT key_version FROM key_ring WHERE data_class = 'notes' ORDER BY 1")
    assert [row["key_version"] for row in rows] == [1, 2, 3]


async def test_the_version_of_a_row_that_is_rewritten_stays(member):
    """Nobody's ETag becomes wrong, and no list looks changed."""
    await seal_every_column(member)
    sql = "SELECT id, version, updated_at FROM contacts ORDER BY id"
    before = await db.fetch(sql)
    await service_rotation.begin("data", now=MONDAY)

    await finish(MONDAY)

    assert await db.fetch(sql) == before


async def test_a_household_that_comes_meanwhile_keeps_its_fresh_keys(member):
    await service_rotation.begin("data", now=MONDAY)
    newcomer = await make_member()

    await finish(MONDAY)

    rows = await db.fetch(
        "SELECT DISTINCT state FROM key_ring WHERE household_id = $1", newcomer.scope.household_id
    )
    assert [row["state"] for row in rows] == ["active"]


async def test_a_photo_of_before_is_shown_after(client, member):
    contact_id = await insert_contact(member)
    path = f"/api/contacts/{contact_id}/photo"
    await client.put(path, headers=member.headers, data=PHOTO)
    before = await (await client.get(path, headers=member.headers)).get_data()
    await service_rotation.begin("data", now=MONDAY)

    await finish(MONDAY)
    service.forget_boxes()

    after = await client.get(path, headers=member.headers)
    assert (after.status_code, await after.get_data()) == (200, before)
