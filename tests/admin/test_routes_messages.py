"""Messages as an admin sees them: where each is and why, and nothing of what it says."""

from datetime import timedelta

import pytest

from server import db
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from tests.factories import make_member
from tests.messages.letters import TEXT, insert_letter
from tests.mfa import turn_on
from tests.rows import insert_suggestion, make
from tests.times import MONDAY

MESSAGES = "/api/admin/messages"


async def get(client, member, path=MESSAGES):
    reply = await client.get(path, headers=member.headers)
    assert reply.status_code == 200, await reply.get_data()
    return await reply.get_json()


async def retry(client, member, message_id, **body):
    path = f"{MESSAGES}/{message_id}/retry"
    reply = await client.post(path, headers=member.headers, json=body)
    return reply.status_code, await reply.get_json()


async def found(client, member, query):
    return {item["id"] for item in (await get(client, member, f"{MESSAGES}?{query}"))["items"]}


async def test_an_admin_sees_everybodys_messages_newest_first(client, member):
    stranger = await make_member()
    first = await insert_letter(stranger)
    second = await insert_letter(member, created_at=MONDAY + timedelta(hours=1))

    items = (await get(client, member))["items"]

    assert [item["id"] for item in items] == [str(second), str(first)]
    assert items[1]["user_id"] == str(stranger.scope.user_id)


async def test_no_text_is_shown_of_a_message_that_went_out(client, member):
    await insert_letter(member, state="accepted", provider="twilio")

    reply = await client.get(MESSAGES, headers=member.headers)

    assert (await reply.get_json())["items"][0]["text"] is None
    assert TEXT not in (await reply.get_data()).decode()


async def test_what_the_console_printed_is_shown(client, member):
    message_id = await insert_letter(member, state="accepted", provider="console")

    listed = (await get(client, member))["items"]
    traced = await get(client, member, f"{MESSAGES}/{message_id}")

    assert [listed[0]["text"], traced["message"]["text"]] == [TEXT, TEXT]


async def test_messages_are_found_by_each_filter(client, member):
    other = await make_member()
    failed = str(await insert_letter(member, state="failed", kind="receipt"))
    sms = str(await insert_letter(member, channel="sms"))
    foreign = str(await insert_letter(other))
    late = str(await insert_letter(member, created_at=MONDAY + timedelta(days=1)))

    assert await found(client, member, "state=failed") == {failed}
    assert await found(client, member, "kind=receipt") == {failed}
    assert await found(client, member, "channel=sms") == {sms}
    assert await found(client, member, f"user={other.scope.user_id}") == {foreign}
    since = (MONDAY + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await found(client, member, f"since={since}") == {late}


async def test_messages_of_one_moment_come_in_pages_each_once(client, member):
    wanted = {str(await insert_letter(member)) for _ in range(5)}
    page = await get(client, member, f"{MESSAGES}?limit=2")
    seen = [item["id"] for item in page["items"]]
    while page["next_cursor"]:
        page = await get(client, member, f"{MESSAGES}?limit=2&cursor={page['next_cursor']}")
        seen += [item["id"] for item in page["items"]]

    assert (len(seen), set(seen)) == (5, wanted)


async def test_why_a_message_waits_is_said(client, member):
    await insert_letter(member, held_reason="breaker", error_code="http_500")

    [item] = (await get(client, member))["items"]

    assert (item["state"], item["code"]) == ("pending", "breaker")


async def test_a_cursor_of_another_list_is_refused(client, member):
    reply = await client.get(f"{MESSAGES}?cursor=WzFd", headers=member.headers)

    assert reply.status_code == 400
    assert [one["field"] for one in (await reply.get_json())["errors"]] == ["cursor"]


async def test_a_trace_tells_attempts_and_events_in_order(client, member):
    message_id = await insert_letter(member)
    hold = {"id": message_id, "lease": uuid7(), "until": MONDAY}
    for state, code in (("sending", None), ("pending", "http_500"), ("sending", None)):
        await db.execute(
            """UPDATE outbox_messages SET state = $2, error_code = $3, lease_token = $4,
                leased_until = $5 WHERE id = $1""",
            hold["id"], state, code, hold["lease"], hold["until"],
        )  # fmt: skip
    await db.execute("UPDATE outbox_messages SET state = 'accepted' WHERE id = $1", message_id)
    for minutes, kind in ((2, "delivered"), (1, "processed"), (3, "bounce")):
        await make(
            "message_events",
            member,
            message_id=message_id,
            provider="sendgrid",
            kind=kind,
            data={"code": "bounce_5.1.1"} if kind == "bounce" else {},
            at=MONDAY + timedelta(minutes=minutes),
        )

    trace = await get(client, member, f"{MESSAGES}/{message_id}")

    attempts = [(one["number"], one["outcome"], one["code"]) for one in trace["attempts"]]
    assert attempts == [(1, "again", "http_500"), (2, "accepted", None)]
    assert [(event["kind"], event["code"]) for event in trace["events"]] == [
        ("processed", None),
        ("delivered", None),
        ("bounce", "bounce_5.1.1"),
    ]


async def test_a_trace_holds_nothing_of_another_message(client, member):
    message_id, other = await insert_letter(member), await insert_letter(member)
    await make("message_events", member, message_id=other)
    await make("message_attempts", member, message_id=other)

    trace = await get(client, member, f"{MESSAGES}/{message_id}")

    assert (trace["attempts"], trace["events"]) == ([], [])


async def test_a_trace_of_a_digest_goes_from_its_suggestions_to_the_reply(client, member):
    digest_id = await make("digests", member, listed=1)
    suggestion_id = await insert_suggestion(member, state="accepted")
    cause = {"cause_kind": "digest", "cause_id": digest_id}
    message_id = await insert_letter(member, **cause, state="delivered", sent_at=MONDAY)
    await make("message_codes", member, message_id=message_id, suggestion_id=suggestion_id)
    received = {"channel": "email", "received_at": MONDAY + timedelta(hours=1)}
    reply_id = await make("inbox_messages", member, **received, state="applied")
    receipt = await insert_letter(member, cause_kind="inbox", cause_id=reply_id)

    trace = await get(client, member, f"{MESSAGES}/{message_id}")
    receipts = await get(client, member, f"{MESSAGES}/{receipt}")

    assert trace["digest"]["id"] == str(digest_id)
    [suggestion] = trace["suggestions"]
    assert (suggestion["id"], suggestion["code"]) == (str(suggestion_id), 1)
    assert [reply["id"] for reply in trace["replies"]] == [str(reply_id)]
    assert receipts["answers"]["id"] == str(reply_id)


async def test_a_reply_belongs_to_the_newest_message_before_it(client, member):
    cause = {"cause_kind": "suggestion", "cause_id": await insert_suggestion(member)}
    later = MONDAY + timedelta(hours=2)
    first = await insert_letter(member, **cause, state="accepted", sent_at=MONDAY)
    second = await insert_letter(member, **cause, state="accepted", sent_at=later)
    times = [MONDAY - timedelta(hours=1), MONDAY + timedelta(hours=1), later + timedelta(hours=1)]
    replies = [
        await make("inbox_messages", member, channel="email", received_at=at) for at in times
    ]
    await make("inbox_messages", member, channel="sms", received_at=times[1])
    await make("inbox_messages", await make_member(), channel="email", received_at=times[1])

    traces = [await get(client, member, f"{MESSAGES}/{one}") for one in (first, second)]

    found = [[reply["id"] for reply in trace["replies"]] for trace in traces]
    assert found == [[str(replies[1])], [str(replies[2])]]
    assert [one["id"] for one in traces[0]["suggestions"]] == [str(cause["cause_id"])]


async def test_an_unknown_message_is_not_found(client, member):
    reply = await client.get(f"{MESSAGES}/{uuid7()}", headers=member.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["", f"/{uuid7()}"], ids=["list", "one"])
async def test_who_is_no_admin_sees_no_messages(client, stranger, path):
    await insert_letter(stranger)

    reply = await client.get(f"{MESSAGES}{path}", headers=stranger.headers)

    assert (reply.status_code, (await reply.get_json())["code"]) == (403, "permission_missing")


async def test_who_is_no_admin_retries_nothing(client, stranger):
    message_id = await insert_letter(stranger, state="failed")

    status, refused = await retry(client, stranger, message_id, confirm=True)

    assert (status, refused["code"]) == (403, "permission_missing")


async def test_a_failed_message_is_sent_again_and_the_trail_says_who_did_it(client, member):
    message_id = await insert_letter(member, state="failed", error_code="http_400")

    status, retried = await retry(client, member, message_id)

    [entry] = await db.fetch(
        "SELECT actor_id, subject_id, details FROM audit_entries WHERE action = 'message.retried'"
    )
    assert (status, retried["state"]) == (200, "pending")
    assert (entry["actor_id"], entry["subject_id"]) == (member.scope.user_id, message_id)
    assert entry["details"] == {"state": "failed", "kind": "digest", "channel": "email"}


async def test_a_message_that_expired_has_a_day_to_leave(client, member):
    message_id = await insert_letter(member, state="failed", expires_at=MONDAY)

    _, retried = await retry(client, member, message_id)

    assert retried["next_attempt_at"] < retried["expires_at"]


async def test_an_unknown_message_is_sent_again_only_by_who_knows_it_may_double(client, member):
    message_id = await insert_letter(member, state="unknown")

    assert (await retry(client, member, message_id))[1]["code"] == "may_arrive_twice"
    status, retried = await retry(client, member, message_id, confirm=True)

    assert (status, retried["state"]) == (200, "pending")


@pytest.mark.parametrize("state", ["pending", "accepted", "delivered", "suppressed"])
async def test_no_other_message_is_sent_again(client, member, state):
    reason = {"suppressed_reason": "stop"} if state == "suppressed" else {}
    message_id = await insert_letter(member, state=state, **reason)

    status, refused = await retry(client, member, message_id, confirm=True)

    assert (status, refused["code"]) == (409, "message_not_ended")
    state_now = "SELECT state FROM outbox_messages WHERE id = $1"
    assert await db.fetch_value(state_now, message_id) == state


async def test_a_token_that_only_reads_does_not_retry(client, member):
    reply = await client.post(
        "/api/auth/tokens", headers=member.headers, json={"name": "x", "scopes": ["admin:read"]}
    )
    token = {"Authorization": f"Bearer {(await reply.get_json())['token']}"}
    message_id = await insert_letter(member, state="failed")
    await turn_on(member, now=utc_now())

    reply = await client.post(f"{MESSAGES}/{message_id}/retry", headers=token, json={})

    assert (reply.status_code, (await reply.get_json())["code"]) == (403, "permission_missing")
    assert (await client.get(MESSAGES, headers=token)).status_code == 200
