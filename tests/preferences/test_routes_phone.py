import asyncio
from datetime import timedelta

import pytest

from server import db
from server.errors import BadInput, Conflict, RateLimited
from server.keys import service as keys
from server.keys import service_rotation
from server.preferences import service_phone as service
from server.users import reach
from server.users.proofs import WrongProof
from tests.factories import make_member
from tests.times import MONDAY

PHONE = "/api/preferences/phone"
NUMBER = "+4915123456789"
CODE = "123456"


async def ask(member, number=NUMBER, *, code=CODE, now=MONDAY):
    return await service.ask_for_code(member.scope, number, code=code, now=now)


async def sent_to(member):
    """Return where messages of the member's go, and what they say, oldest first."""
    rows = await db.fetch(
        """SELECT id, kind, channel, address, body, is_urgent, expires_at - created_at AS life
            FROM outbox_messages WHERE user_id = $1 ORDER BY id""",
        member.scope.user_id,
    )
    box = await keys.box(member.scope.household_id)
    return [
        (
            row,
            box.open_if("outbox_messages", "address", row["id"], row["address"]),
            box.open("outbox_messages", "body", row["id"], row["body"]),
        )
        for row in rows
    ]


async def test_a_phone_is_verified_by_the_code_that_came_by_sms(client, member):
    asked = await client.post(PHONE, headers=member.headers, json={"phone": "01512 3456789"})
    [(row, address, text)] = await sent_to(member)
    code = text.split()[0]
    verified = await client.post(f"{PHONE}/verify", headers=member.headers, json={"code": code})
    shown = await client.get(PHONE, headers=member.headers)

    assert asked.status_code == 202
    assert (await asked.get_json())["pending"]["phone"] == NUMBER
    assert (row["kind"], row["channel"], row["is_urgent"]) == ("phone_code", "sms", True)
    assert (address, row["life"]) == (NUMBER, timedelta(minutes=10))
    assert verified.status_code == 200
    found = await shown.get_json()
    assert (found["phone"], found["pending"]) == (NUMBER, None)
    assert found["verified_at"] is not None
    assert await reach.find_by_phone(NUMBER) == member.scope


async def test_a_forgotten_phone_is_nobodys(client, member):
    await ask(member)
    await service.verify(member.scope, CODE, now=MONDAY)

    replies = [await client.delete(PHONE, headers=member.headers) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [204, 204]
    assert await reach.find_by_phone(NUMBER) is None


async def test_the_region_of_the_users_zone_reads_a_national_number(database):
    member = await make_member(zone="America/New_York")

    found = await ask(member, "(212) 555-2368")

    assert found.pending is not None
    assert found.pending.phone == "+12125552368"


async def test_what_no_code_can_be_sent_to_is_refused(member):
    for number in ("12", "hello", "+49", "+498001234567", "+4990012345678", "+1555"):
        with pytest.raises(BadInput) as refused:
            await ask(member, number)

        assert refused.value.code == "not_a_phone", number
    assert await sent_to(member) == []


async def test_a_wrong_code_counts_and_the_fifth_is_the_last(member):
    await ask(member)

    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongProof):
            await service.verify(member.scope, "000000", now=MONDAY)
        pending = (await service.get_phone(member.scope, now=MONDAY)).pending
        assert (pending.tries_left if pending else 0) == left
    with pytest.raises(Conflict) as refused:
        await service.verify(member.scope, CODE, now=MONDAY)

    assert refused.value.code == "no_code"


async def test_guesses_at_once_are_counted_one_by_one(member):
    await ask(member)

    guesses = [service.verify(member.scope, f"{n:06}", now=MONDAY) for n in range(40)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)

    assert sum(isinstance(answer, WrongProof) for answer in answers) == 5


async def test_a_code_lives_ten_minutes(member):
    await ask(member)

    with pytest.raises(Conflict):
        await service.verify(member.scope, CODE, now=MONDAY + timedelta(minutes=10))


async def test_a_code_counts_once_and_only_the_newest(member):
    await ask(member, code="111111")
    await ask(member, code="222222")

    with pytest.raises(WrongProof):
        await service.verify(member.scope, "111111", now=MONDAY)
    await service.verify(member.scope, "222222", now=MONDAY)
    with pytest.raises(Conflict):
        await service.verify(member.scope, "222222", now=MONDAY)


async def test_another_users_code_is_of_no_use(member, stranger):
    await ask(member)
    await ask(stranger, "+4915123456780", code="654321")

    with pytest.raises(WrongProof):
        await service.verify(stranger.scope, CODE, now=MONDAY)


async def test_five_codes_an_hour_are_enough(member):
    for minute in range(5):
        await ask(member, f"+491512345678{minute}", now=MONDAY + timedelta(minutes=minute))

    with pytest.raises(RateLimited) as refused:
        await ask(member, now=MONDAY + timedelta(minutes=10))

    assert refused.value.code == "too_many_codes"
    assert refused.value.headers == {"Retry-After": "3000"}
    await ask(member, now=MONDAY + timedelta(minutes=60))


async def test_a_phone_gets_five_codes_an_hour_whoever_asks(member, stranger):
    for _ in range(3):
        await ask(member)
    for _ in range(2):
        await ask(stranger)

    with pytest.raises(RateLimited):
        await ask(stranger)


async def test_asking_tells_nobody_whose_number_it_is(client, member, stranger):
    await ask(member)
    await service.verify(member.scope, CODE, now=MONDAY)

    taken = await client.post(PHONE, headers=stranger.headers, json={"phone": NUMBER})
    free = await client.post(PHONE, headers=stranger.headers, json={"phone": "+4915123456780"})

    one, other = await taken.get_json(), await free.get_json()
    assert (taken.status_code, one["phone"], one.keys()) == (202, None, other.keys())
    assert await reach.find_by_phone(NUMBER) == member.scope


async def test_who_proves_a_number_gets_it_and_who_had_it_is_told(member, stranger):
    await ask(member)
    await service.verify(member.scope, CODE, now=MONDAY)
    await ask(stranger, code="654321")

    await service.verify(stranger.scope, "654321", now=MONDAY)

    assert await reach.find_by_phone(NUMBER) == stranger.scope
    assert (await service.get_phone(member.scope, now=MONDAY)).phone is None
    row, _, text = (await sent_to(member))[-1]
    assert (row["kind"], row["channel"]) == ("phone_moved", "email")
    assert NUMBER not in text
    assert stranger.email not in text
    trail = await db.fetch(
        "SELECT action FROM audit_entries WHERE subject_id = $1 AND action LIKE 'phone.%'",
        member.scope.user_id,
    )
    assert {entry["action"] for entry in trail} == {"phone.verified", "phone.moved_away"}


async def test_two_who_prove_a_number_at_once_do_not_both_have_it(member, stranger):
    await ask(member)
    await ask(stranger, code="654321")

    await asyncio.gather(
        service.verify(member.scope, CODE, now=MONDAY),
        service.verify(stranger.scope, "654321", now=MONDAY),
    )

    count = "SELECT count(*) FROM users WHERE phone_verified_at IS NOT NULL"
    assert await db.fetch_value(count) == 1


async def test_code_and_number_are_not_in_the_database(member):
    await ask(member)

    rows = await db.fetch("SELECT t::text AS row FROM phone_codes t")
    rows += await db.fetch("SELECT t::text AS row FROM outbox_messages t")
    for row in rows:
        for secret in (CODE, NUMBER[1:], CODE.encode().hex(), NUMBER.encode().hex()):
            assert secret not in row["row"]


async def test_a_code_survives_the_rotation_of_the_mac_key(member):
    await ask(member)
    await service_rotation.begin("mac", now=MONDAY)

    found = await service.verify(member.scope, CODE, now=MONDAY)

    assert found.phone == NUMBER


async def test_sms_without_a_phone_are_shown_as_waiting_for_one(client, member):
    states = []
    for wanted in ({"sms": True}, {"sms": False}):
        reply = await client.put(
            "/api/preferences/notifications", headers=member.headers, json=wanted
        )
        states.append((await reply.get_json())["sms_state"])
    await ask(member)
    await service.verify(member.scope, CODE, now=MONDAY)
    await client.put("/api/preferences/notifications", headers=member.headers, json={"sms": True})
    reply = await client.get("/api/preferences/notifications", headers=member.headers)

    assert [*states, (await reply.get_json())["sms_state"]] == ["needs_phone", "off", "on"]
