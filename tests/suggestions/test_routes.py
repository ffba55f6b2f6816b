"""The suggestion routes over HTTP; the rules behind them are tested in test_service.py."""

from datetime import timedelta

import pytest

from server.lib.clock import utc_now
from server.lib.http import expected_version
from tests.rows import insert_contact, insert_suggestion


async def call(client, member, method, path, **body):
    """Return (status, JSON body, headers)."""
    reply = await client.open(
        f"/api/{path}", method=method, headers=member.headers, json=body or None
    )
    return reply.status_code, await reply.get_json(), reply.headers


async def act(client, member, suggestion_id, action, **body):
    return await call(client, member, "POST", f"suggestions/{suggestion_id}/{action}", **body)


async def suggest(member, *, hours=1, **values):
    """Write a suggestion straight into the table, its slot `hours` from now; return its id."""
    contact_id = await insert_contact(member)
    return await insert_suggestion(
        member, contact_id, slot_start=utc_now() + timedelta(hours=hours), **values
    )


async def ids_of(client, member, query=""):
    status, body, _ = await call(client, member, "GET", f"suggestions{query}")
    assert status == 200, body
    return [item["id"] for item in body["items"]]


async def test_list_shows_the_soonest_slot_first(client, member):
    later, soon = await suggest(member, hours=5), await suggest(member, hours=2)

    assert await ids_of(client, member) == [str(soon), str(later)]


async def test_list_of_one_state_leaves_out_the_others(client, member):
    pending = await suggest(member, hours=1)
    await suggest(member, hours=2, state="accepted")

    assert await ids_of(client, member, "?state=pending") == [str(pending)]


async def test_list_of_open_ones_leaves_out_what_has_ended(client, member):
    open_ones = [
        await suggest(member, hours=1),
        await suggest(member, hours=2, state="accepted"),
    ]
    await suggest(member, hours=3, state="expired", closed_at=utc_now())

    assert await ids_of(client, member, "?state=open") == [str(one) for one in open_ones]


async def test_list_of_one_contact_leaves_out_the_others(client, member):
    ben = await insert_contact(member)
    about_ben = await insert_suggestion(member, ben, slot_start=utc_now() + timedelta(hours=1))
    await suggest(member, hours=2)

    assert await ids_of(client, member, f"?contact={ben}") == [str(about_ben)]


async def test_list_goes_on_where_the_page_before_ended(client, member):
    made = [str(await suggest(member, hours=hours)) for hours in (1, 2, 3)]

    _, first, _ = await call(client, member, "GET", "suggestions?limit=2")
    rest = await ids_of(client, member, f"?limit=2&cursor={first['next_cursor']}")

    assert [item["id"] for item in first["items"]] + rest == made


async def test_unknown_state_is_refused_by_name(client, member):
    status, body, _ = await call(client, member, "GET", "suggestions?state=maybe")

    assert status == 400
    assert body["errors"][0]["field"].split(".")[0] == "state"


async def test_generate_answers_what_it_made_and_how_many_are_open(client, member):
    await insert_contact(member, name="Ben")

    status, body, _ = await call(client, member, "POST", "suggestions/generate")

    assert (status, body["created"], body["open_count"]) == (200, 1, 1)
    assert [contact["name"] for contact in body["items"][0]["contacts"]] == ["Ben"]


async def test_second_generate_makes_nothing_new(client, member):
    await insert_contact(member)
    await call(client, member, "POST", "suggestions/generate")

    _, body, _ = await call(client, member, "POST", "suggestions/generate")

    assert (body["created"], body["open_count"]) == (0, 1)


async def test_each_act_moves_the_etag(client, member):
    suggestion_id = await suggest(member)
    _, before, headers = await call(client, member, "GET", f"suggestions/{suggestion_id}")
    assert expected_version(headers["ETag"]) == before["version"]

    _, after, headers = await act(client, member, suggestion_id, "snooze", days=3)

    assert after["version"] == before["version"] + 1
    assert headers["ETag"] == f'"{after["version"]}"'


async def test_accept_answers_a_draft_message(client, member):
    status, body, _ = await act(client, member, await suggest(member), "accept")

    assert (status, body["suggestion"]["state"]) == (200, "accepted")
    assert "Ben" in body["draft_message"]


@pytest.mark.parametrize(
    ("reason", "stored"),
    [("bad_timing", "bad_timing"), ("not_relevant", "not_relevant"), ("We moved on.", "other")],
)
async def test_dismiss_takes_a_reason_or_ones_own_words(client, member, reason, stored):
    status, body, _ = await act(client, member, await suggest(member), "dismiss", reason=reason)

    assert (status, body["question"]) == (200, None)
    assert (body["suggestion"]["state"], body["suggestion"]["dismissed_reason"]) == (
        "dismissed",
        stored,
    )


async def test_dismiss_as_met_too_recently_asks_when(client, member):
    suggestion_id = await suggest(member)

    _, body, _ = await act(client, member, suggestion_id, "dismiss", reason="met_too_recently")

    assert body["question"] == "met_at"


@pytest.mark.parametrize("days", [1, 31])
async def test_snooze_hides_it_for_1_to_31_days(client, member, days):
    before = utc_now()

    status, body, _ = await act(client, member, await suggest(member), "snooze", days=days)

    assert (status, body["state"], body["slot_start"]) == (200, "snoozed", None)
    assert body["snoozed_until"] >= (before + timedelta(days=days)).date().isoformat()


@pytest.mark.parametrize("days", [0, 32, -1, 1.5, "7", True, None])
async def test_snooze_for_other_days_is_refused_by_name(client, member, days):
    status, body, _ = await act(client, member, await suggest(member), "snooze", days=days)

    assert (status, body["errors"][0]["field"]) == (400, "days")


@pytest.mark.parametrize(("happened", "state"), [(True, "confirmed"), (False, "missed")])
async def test_confirm_says_whether_it_happened(client, member, happened, state):
    suggestion_id = await suggest(member, hours=-1, state="accepted")

    status, body, _ = await act(client, member, suggestion_id, "confirm", happened=happened)

    assert (status, body["state"], body["interaction_id"] is not None) == (200, state, happened)


@pytest.mark.parametrize(
    ("state", "action", "body"),
    [
        ("accepted", "accept", {}),
        ("accepted", "snooze", {"days": 1}),
        ("pending", "confirm", {"happened": True}),
        ("expired", "accept", {}),
        ("expired", "dismiss", {"reason": "bad_timing"}),
        ("expired", "snooze", {"days": 1}),
        ("expired", "confirm", {"happened": False}),
    ],
)
async def test_act_that_the_state_does_not_allow_is_409(client, member, state, action, body):
    ended = {"closed_at": utc_now()} if state == "expired" else {}
    suggestion_id = await suggest(member, hours=-1, state=state, **ended)

    status, refusal, _ = await act(client, member, suggestion_id, action, **body)

    assert (status, refusal["code"]) == (409, "suggestion_not_open")


async def test_confirm_before_the_slot_begins_is_409(client, member):
    suggestion_id = await suggest(member, hours=1, state="accepted")

    status, refusal, _ = await act(client, member, suggestion_id, "confirm", happened=True)

    assert (status, refusal["code"]) == (409, "suggestion_not_open")


async def test_why_names_what_keeps_a_contact_from_being_suggested(client, member):
    contact_id = await insert_contact(member)
    suggestion_id = await insert_suggestion(
        member, contact_id, slot_start=utc_now() + timedelta(hours=1)
    )

    status, body, _ = await call(client, member, "GET", f"contacts/{contact_id}/why")

    assert (status, body["would_be_suggested"]) == (200, False)
    assert [blocker["code"] for blocker in body["blockers"]] == ["open_suggestion"]
    assert body["suggestion_id"] == str(suggestion_id)
