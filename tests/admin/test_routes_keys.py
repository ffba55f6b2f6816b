import pytest

from server import db
from server.errors import Conflict
from server.keys import server_keys, service, service_ring
from server.keys.classes import DataClass
from server.lib.ids import uuid7
from server.users import sessions
from tests.keys.sealed_rows import finish
from tests.owned import make_key
from tests.rows import insert_contact
from tests.times import MONDAY

KEYS = "/api/admin/keys"


async def get(client, member, path=KEYS):
    reply = await client.get(path, headers=member.headers)
    assert reply.status_code == 200
    return await reply.get_json()


async def post(client, member, path, **body):
    reply = await client.post(f"{KEYS}{path}", headers=member.headers, json=body or None)
    return reply.status_code, await reply.get_json()


async def active(purpose):
    return await db.fetch_value(
        "SELECT id FROM key_ring WHERE purpose = $1 AND state = 'active'", purpose
    )


async def test_an_admin_sees_every_key_but_not_what_it_is(client, member):
    found = await get(client, member)

    assert len(found["items"]) == len(DataClass) + len(("master", *server_keys.OWN))
    assert not [key for key in found["items"] if {"wrapped", "key"} & key.keys()]


async def test_keys_come_in_pages(client, member):
    first = await get(client, member, f"{KEYS}?purpose=data&limit=5")

    rest = await get(client, member, f"{KEYS}?purpose=data&limit=5&cursor={first['next_cursor']}")

    ids = [key["id"] for key in first["items"] + rest["items"]]
    assert (len(set(ids)), rest["next_cursor"]) == (len(DataClass), None)


async def test_keys_are_found_by_their_state(client, member):
    key_id = await make_key()

    found = await get(client, member, f"{KEYS}?state=retiring")

    assert [key["id"] for key in found["items"]] == [str(key_id)]


@pytest.mark.parametrize("path", [KEYS, f"{KEYS}/rotations"])
async def test_who_is_no_admin_sees_no_keys(client, stranger, path):
    reply = await client.get(path, headers=stranger.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (403, "permission_missing")


@pytest.mark.parametrize("act", ["rotations", "{}/retire", "{}/revoke"])
async def test_who_is_no_admin_changes_no_key(client, stranger, act):
    path = f"{KEYS}/{act.format(await active('jwt'))}"

    reply = await client.post(path, headers=stranger.headers, json={"purpose": "jwt"})

    assert (reply.status_code, (await reply.get_json())["code"]) == (403, "permission_missing")


async def test_a_rotation_is_begun_and_shown(client, member):
    status, begun = await post(client, member, "/rotations", purpose="data", data_class="notes")

    shown = await get(client, member, f"{KEYS}/rotations")
    assert (status, begun["state"], begun["data_class"]) == (202, "readable", "notes")
    assert shown["items"] == [begun]


async def test_a_finished_rotation_says_so(client, member):
    await post(client, member, "/rotations", purpose="data")

    await finish(MONDAY.replace(year=2999))

    [done] = (await get(client, member, f"{KEYS}/rotations"))["items"]
    assert (done["state"], done["share"]) == ("done", 1.0)


async def test_a_rotation_of_the_audit_key_is_done_at_once(client, member):
    before = await active("audit")

    _, begun = await post(client, member, "/rotations", purpose="audit")

    assert begun["state"] == "done"
    assert await active("audit") != before


async def test_two_rotations_of_one_purpose_conflict(client, member):
    await post(client, member, "/rotations", purpose="jwt")

    status, refused = await post(client, member, "/rotations", purpose="jwt")

    assert (status, refused["code"]) == (409, "rotation_running")


@pytest.mark.parametrize(
    "body", [{"purpose": "master"}, {"purpose": "jwt", "data_class": "notes"}, {"purpose": "x"}]
)
async def test_what_cannot_be_rotated_here_is_refused(client, member, body):
    status, _ = await post(client, member, "/rotations", **body)

    assert status == 400


async def test_revoking_the_key_of_ones_own_token_signs_nobody_out(client, member):
    status, revoked = await post(client, member, f"/{await active('jwt')}/revoke")
    sessions.forget_cached()

    refused = await client.get("/api/auth/me", headers=member.headers)
    again = await client.post("/api/auth/refresh", json={"refresh_token": member.refresh_token})

    assert (status, revoked["state"]) == (200, "revoked")
    assert (refused.status_code, again.status_code) == (401, 200)


async def test_an_expired_signing_key_is_retired(client, member):
    status, retired = await post(client, member, f"/{await make_key()}/retire")

    assert (status, retired["state"]) == (200, "retired")


@pytest.mark.parametrize("purpose", ["jwt", "data", "audit", "index", "master"])
async def test_a_key_in_use_is_not_retired(client, member, purpose):
    status, refused = await post(client, member, f"/{await active(purpose)}/retire")

    assert (status, refused["code"]) == (409, "key_not_retiring")


async def test_a_signing_key_with_living_tokens_is_not_retired(client, member):
    key_id = await make_key()
    await db.execute(
        "UPDATE key_ring SET needed_until = now() + interval '1 h' WHERE id = $1", key_id
    )

    status, refused = await post(client, member, f"/{key_id}/retire")

    assert (status, refused["code"]) == (409, "key_in_use")


async def test_an_audit_key_whose_entries_are_kept_is_not_retired(client, member):
    key_id = await active("audit")
    await post(client, member, "/rotations", purpose="audit")

    status, refused = await post(client, member, f"/{key_id}/retire")

    assert (status, refused["code"]) == (409, "key_in_use")


async def test_a_key_that_an_archive_needs_is_not_retired(member):
    key_id = await make_key()
    await db.execute(
        "INSERT INTO archive_keys (id, key_id, archive, noted_at) VALUES ($1, $2, 'x', $3)",
        uuid7(),
        key_id,
        MONDAY,
    )

    with pytest.raises(Conflict) as refused:
        await service_ring.retire(key_id, now=MONDAY)

    assert refused.value.code == "key_archived"


async def test_a_data_key_that_sealed_a_value_is_not_retired(member):
    contact_id = await insert_contact(member)
    box = await service.box(member.scope.household_id)
    blob = box.seal("contacts", "notes", contact_id, "x")
    await db.execute("UPDATE contacts SET notes = $2 WHERE id = $1", contact_id, blob)
    key_id = await db.fetch_value(
        "UPDATE key_ring SET state = 'retiring', retiring_at = $1 WHERE data_class = 'notes'"
        " RETURNING id",
        MONDAY,
    )

    with pytest.raises(Conflict) as early:
        await service_ring.retire(key_id, now=MONDAY)
    with pytest.raises(Conflict) as used:
        await service_ring.retire(key_id, now=MONDAY.replace(year=2999))

    assert (early.value.code, used.value.code) == ("key_settling", "key_in_use")


async def test_an_unknown_key_is_not_found(client, member):
    for act in ("retire", "revoke"):
        status, _ = await post(client, member, f"/{uuid7()}/{act}")
        assert status == 404
