import json
from itertools import product

from cryptography.hazmat.primitives.asymmetric import ec

from server import config, db
from server.messages import opt_outs
from tests.webhooks import signing
from tests.webhooks.phones import leave_message, state_of

EVENTS = "/api/webhooks/email"
AT = 1_772_388_000


def event(message_id, kind, *, at=AT, **more):
    return {
        "email": "somebody@example.org",
        "timestamp": at,
        "event": kind,
        "catchup_message": str(message_id),
        "sg_event_id": f"{kind}{at}",
        "sg_message_id": "abc.recvd-1-2-3.0",
        **more,
    }


async def post(client, *events, **signed):
    body = json.dumps(events).encode()
    return await client.post(EVENTS, headers=signing.sendgrid_headers(body, **signed), data=body)


BECOMES = {
    ("processed",): "accepted",
    ("deferred",): "accepted",
    ("processed", "delivered"): "delivered",
    ("delivered", "processed"): "delivered",
    ("bounce",): "failed",
    ("dropped",): "failed",
}


async def test_a_batch_moves_a_message_to_the_furthest_state(client, member):
    for before, kinds in product(("pending", "sending", "unknown"), BECOMES):
        message_id = await leave_message(member, before, channel="email")

        reply = await post(client, *(event(message_id, kind) for kind in kinds))

        assert reply.status_code == 204
        assert await state_of(message_id) == BECOMES[kinds], (before, kinds)


async def test_events_without_our_id_are_matched_by_sendgrids(client, member):
    message_id = await leave_message(member, channel="email", provider_id="abc")
    said = event(message_id, "delivered")
    del said["catchup_message"]

    await post(client, said)

    assert await state_of(message_id) == "delivered"


async def test_an_event_sent_again_under_another_id_is_stored_once(client, member):
    message_id = await leave_message(member, channel="email")

    await post(client, event(message_id, "open", sg_event_id="first"))
    await post(client, event(message_id, "open", sg_event_id="second"))

    assert await db.fetch_value("SELECT count(*) FROM message_events") == 1


async def test_an_event_at_another_time_is_another_one(client, member):
    message_id = await leave_message(member, channel="email")

    await post(client, event(message_id, "open"), event(message_id, "open", at=AT + 1))

    assert await db.fetch_value("SELECT count(*) FROM message_events") == 2


async def test_what_is_stored_of_a_bounce_names_nobody(client, member):
    message_id = await leave_message(member, channel="email")
    reason = "550 no such user somebody@example.org"

    await post(client, event(message_id, "bounce", reason=reason, status="5.1.1", type="bounce"))

    row = await db.fetch_row("SELECT kind, provider_event_id, data FROM message_events")
    assert row is not None
    assert row["data"] == {"code": "bounce_5.1.1"}
    assert "somebody" not in row["provider_event_id"]


async def test_a_batch_of_thousands_takes_a_few_statements(client, member, count_statements):
    ids = [await leave_message(member, "sending", channel="email") for _ in range(20)]
    batch = [event(ids[n % 20], "open", at=AT + n) for n in range(2000)]
    batch += [event(message_id, "delivered") for message_id in ids]

    with count_statements() as seen:
        reply = await post(client, *batch)

    assert reply.status_code == 204
    assert len(seen) <= 8
    assert await db.fetch_value("SELECT count(*) FROM message_events") == 2020
    assert {await state_of(message_id) for message_id in ids} == {"delivered"}


async def test_a_signed_body_that_is_no_list_is_bad_input(client):
    for body in (b"{", b"{}", b"[" * 100_000, b'"x"', b"\xff"):
        reply = await client.post(EVENTS, headers=signing.sendgrid_headers(body), data=body)

        assert reply.status_code == 400
        assert (await reply.get_json())["code"] == "malformed"


async def test_odd_events_are_passed_over_and_the_others_count(client, member):
    message_id = await leave_message(member, channel="email")
    odd = [
        None,
        7,
        {},
        event("no id", "delivered", sg_message_id=None),
        event(message_id, None),
        event(message_id, "\x00"),
        event(message_id, ["delivered"]),
        event(message_id, "x" * 31),
        event(message_id, "open", at="yesterday"),
        event(message_id, "click", at=10**30),
    ]

    reply = await post(client, *odd, event(message_id, "delivered"))

    assert reply.status_code == 204
    assert await state_of(message_id) == "delivered"
    assert await db.fetch_value("SELECT count(*) FROM message_events") == 3


async def test_either_of_two_keys_may_sign_while_one_is_changed(client, member, monkeypatch):
    new = ec.derive_private_key(7, ec.SECP256R1())
    both = f"{signing.public_text(new)}, {signing.public_text(signing.SENDGRID_KEY)}"
    monkeypatch.setenv("SENDGRID_WEBHOOK_PUBLIC_KEY", both)
    config.settings.cache_clear()

    replies = [await post(client), await post(client, key=new)]

    config.settings.cache_clear()
    assert [reply.status_code for reply in replies] == [204, 204]


async def test_without_a_key_every_batch_is_refused(client, member, monkeypatch):
    message_id = await leave_message(member, channel="email")
    monkeypatch.delenv("SENDGRID_WEBHOOK_PUBLIC_KEY")
    config.settings.cache_clear()

    reply = await post(client, event(message_id, "delivered"))

    config.settings.cache_clear()
    assert reply.status_code == 403
    assert (await reply.get_json())["code"] == "webhook_not_configured"
    assert await state_of(message_id) == "accepted"


async def test_a_large_batch_is_refused_before_its_signature_is_looked_at(client):
    reply = await client.post(EVENTS, data=b" " * (2 * 2**20 + 1))

    assert reply.status_code == 413


async def test_a_late_bounce_and_a_new_subscription_count(client, member):
    message_id = await leave_message(member, channel="email")
    await post(client, event(message_id, "delivered"))
    bounce = event(message_id, "bounce", at=AT + 60, status="5.1.1", type="bounce")

    await post(client, bounce)
    assert await state_of(message_id) == "failed"
    assert await opt_outs.is_stopped(member.scope, "email")

    await post(client, event(message_id, "group_resubscribe", at=AT + 120))
    assert not await opt_outs.is_stopped(member.scope, "email")
