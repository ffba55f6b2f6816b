import asyncio
from itertools import product

from server import config, db
from server.integrations.twilio import codes
from server.keys import service as keys
from server.keys import service_rotation
from server.keys.macs import mac_of
from tests.keys.sealed_rows import finish
from tests.times import MONDAY
from tests.webhooks import signing
from tests.webhooks.phones import NUMBER, give_phone, leave_message, state_of

SMS = "/api/webhooks/sms"
STATUS = "/api/webhooks/sms/status"


async def post(client, address, fields, **signed):
    headers = signing.twilio_headers(address, fields, **signed)
    return await client.post(address, headers=headers, data=signing.form_body(fields))


async def inbox(member):
    rows = await db.fetch(
        """SELECT id, channel, provider, provider_event_id, body, state FROM inbox_messages
            WHERE user_id = $1 ORDER BY id""",
        member.scope.user_id,
    )
    box = await keys.box(member.scope.household_id)
    return [(row, box.open("inbox_messages", "body", row["id"], row["body"])) for row in rows]


async def test_an_sms_of_a_user_is_stored_and_answered_with_nothing(client, member):
    await give_phone(member)

    reply = await post(client, SMS, signing.sms(Body="1 yes — ça va"))

    assert reply.status_code == 200
    assert reply.content_type == "text/xml; charset=utf-8"
    assert (await reply.get_data(as_text=True)).endswith("<Response/>")
    [(row, text)] = await inbox(member)
    assert (row["channel"], row["provider"], row["state"]) == ("sms", "twilio", "received")
    assert text == "1 yes — ça va"


async def test_what_twilio_took_for_a_stop_or_a_start_is_one(client, member):
    await give_phone(member)

    await post(client, SMS, signing.sms(Body="parar", OptOutType="STOP"))
    await post(client, SMS, signing.sms(Body="alta", OptOutType="START", MessageSid="SM2"))
    await post(client, SMS, signing.sms(Body="help", OptOutType="HELP", MessageSid="SM3"))

    assert [text for _, text in await inbox(member)] == ["STOP", "START", "help"]


async def test_an_unknown_number_leaves_nothing_and_gets_the_same_answer(client, member):
    await give_phone(member)
    known = await post(client, SMS, signing.sms())

    reply = await post(client, SMS, signing.sms(From="+4915123456780", MessageSid="SM2"))

    assert (reply.status_code, await reply.get_data()) == (200, await known.get_data())
    assert await db.fetch_value("SELECT count(*) FROM inbox_messages") == 1


async def test_a_phone_of_a_disabled_user_is_nobodys(client, member):
    await give_phone(member)
    await db.execute("UPDATE users SET disabled_at = now() WHERE id = $1", member.scope.user_id)

    await post(client, SMS, signing.sms())

    assert await inbox(member) == []


async def test_the_sender_is_found_while_the_index_key_is_rotated(client, member):
    await give_phone(member)
    await service_rotation.begin("index", now=MONDAY)
    first = await post(client, SMS, signing.sms())
    await finish(MONDAY)

    second = await post(client, SMS, signing.sms(MessageSid="SM2"))

    assert (first.status_code, second.status_code) == (200, 200)
    assert len(await inbox(member)) == 2


async def test_a_replayed_sms_is_stored_once(client, member):
    await give_phone(member)

    replies = [await post(client, SMS, signing.sms()) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [200] * 3
    assert len(await inbox(member)) == 1


async def test_duplicates_at_once_are_stored_once(client, member):
    await give_phone(member)

    replies = await asyncio.gather(*(post(client, SMS, signing.sms()) for _ in range(50)))

    assert {reply.status_code for reply in replies} == {200}
    assert len(await inbox(member)) == 1


async def test_sha256_signatures_by_a_shared_key_are_taken(client, member):
    await give_phone(member)

    reply = await post(client, SMS, signing.sms(), algorithm="HMAC_SHA256")

    assert reply.status_code == 200
    assert len(await inbox(member)) == 1


async def test_the_signature_is_over_the_public_url_whatever_the_request_says(
    client, member, monkeypatch
):
    monkeypatch.setenv("PUBLIC_URL", "https://catchup.example.org/box")
    config.settings.cache_clear()
    fields = signing.sms()
    headers = signing.twilio_headers(SMS, fields)
    spoofed = {"Host": "other.example.org", "X-Forwarded-Host": "other.example.org"}

    good = await client.post(SMS, headers=headers | spoofed, data=signing.form_body(fields))
    monkeypatch.setenv("PUBLIC_URL", "https://other.example.org")
    config.settings.cache_clear()
    wrong = await client.post(
        SMS, headers=headers | {"Host": "catchup.example.org"}, data=signing.form_body(fields)
    )

    config.settings.cache_clear()
    assert (good.status_code, wrong.status_code) == (200, 403)


async def test_without_a_secret_every_sms_is_refused(client, member, monkeypatch):
    await give_phone(member)
    fields = signing.sms()
    headers = signing.twilio_headers(SMS, fields, secret="")
    monkeypatch.delenv("TWILIO_WEBHOOK_SECRET")
    config.settings.cache_clear()

    reply = await client.post(SMS, headers=headers, data=signing.form_body(fields))

    config.settings.cache_clear()
    assert reply.status_code == 403
    assert (await reply.get_json())["code"] == "webhook_not_configured"
    assert await inbox(member) == []


async def test_a_large_body_is_refused_before_its_signature_is_looked_at(client, member):
    fields = signing.sms(Body="x" * 100_000)

    reply = await client.post(
        SMS, headers={"Content-Type": signing.FORM}, data=signing.form_body(fields)
    )

    assert reply.status_code == 413


async def test_the_former_secret_is_taken_beside_the_new_one(client, member, monkeypatch):
    await give_phone(member)
    monkeypatch.setenv("TWILIO_WEBHOOK_SECRET", f"the new one, {signing.TWILIO_SECRET}")
    config.settings.cache_clear()

    old = await post(client, SMS, signing.sms())
    new = await post(client, SMS, signing.sms(MessageSid="SM2"), secret="the new one")

    config.settings.cache_clear()
    assert (old.status_code, new.status_code) == (200, 200)


BECOMES = {
    "queued": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "undelivered": "failed",
    "failed": "failed",
}


async def test_a_status_settles_what_nobody_was_sure_of(client, member):
    for number, (before, said) in enumerate(product(("pending", "sending", "unknown"), BECOMES)):
        message_id = await leave_message(member, before)
        fields = {"MessageSid": f"SM{number}", "MessageStatus": said}

        reply = await post(client, await callback(message_id), fields)

        assert reply.status_code == 204
        row = await db.fetch_row(
            "SELECT state, provider_id, lease_token FROM outbox_messages WHERE id = $1", message_id
        )
        assert row is not None
        assert row["state"] == BECOMES[said], before
        assert (row["provider_id"], row["lease_token"]) == (f"SM{number}", None)


async def callback(message_id):
    return f"{STATUS}?message={message_id}&mac={await mac_of(message_id)}"


async def test_twilios_error_code_is_kept_as_the_sender_writes_it(client, member):
    message_id = await leave_message(member)
    fields = {"MessageSid": "SM9", "MessageStatus": "undelivered", "ErrorCode": "30003"}

    await post(client, await callback(message_id), fields)

    row = await db.fetch_row(
        "SELECT state, error_code FROM outbox_messages WHERE id = $1", message_id
    )
    assert row is not None
    assert tuple(row) == ("failed", codes.code_of(30003)) == ("failed", "twilio_30003")


async def test_a_status_out_of_order_takes_nothing_back(client, member):
    message_id = await leave_message(member)
    address = await callback(message_id)

    for said in ("delivered", "sent", "queued"):
        await post(client, address, {"MessageSid": "SM9", "MessageStatus": said})

    assert await state_of(message_id) == "delivered"
    kinds = await db.fetch("SELECT kind FROM message_events ORDER BY kind")
    assert [row["kind"] for row in kinds] == ["delivered", "queued", "sent"]


async def test_a_status_without_our_id_finds_the_message_by_twilios(client, member):
    message_id = await leave_message(member, provider_id="SM9")

    reply = await post(client, STATUS, {"MessageSid": "SM9", "MessageStatus": "delivered"})

    assert reply.status_code == 204
    assert await state_of(message_id) == "delivered"


async def test_a_status_with_a_wrong_mac_is_refused_though_it_is_signed(client, member):
    message_id, other = await leave_message(member), await leave_message(member)
    address = (await callback(other)).replace(str(other), str(message_id))

    reply = await post(client, address, {"MessageSid": "SM9", "MessageStatus": "delivered"})

    assert reply.status_code == 403
    assert await state_of(message_id) == "accepted"


async def test_a_status_of_no_message_of_ours_is_passed_over(client, member):
    reply = await post(client, STATUS, {"MessageSid": "SM9", "MessageStatus": "delivered"})

    assert reply.status_code == 204
    assert await db.fetch_value("SELECT count(*) FROM message_events") == 0


async def test_a_replayed_status_is_stored_once(client, member):
    message_id = await leave_message(member)
    address = await callback(message_id)

    for _ in range(3):
        await post(client, address, {"MessageSid": "SM9", "MessageStatus": "delivered"})

    assert await db.fetch_value("SELECT count(*) FROM message_events") == 1


async def test_a_callback_made_before_the_mac_key_was_rotated_still_counts(client, member):
    message_id = await leave_message(member)
    address = await callback(message_id)
    await service_rotation.begin("mac", now=MONDAY)

    reply = await post(client, address, {"MessageSid": "SM9", "MessageStatus": "delivered"})

    assert reply.status_code == 204
    assert await state_of(message_id) == "delivered"
    assert NUMBER not in address
