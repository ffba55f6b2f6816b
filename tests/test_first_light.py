"""The main job, end to end, as a new user with an address book and a calendar does it."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from server.suggestions import routes
from tests.documented import check_reply
from tests.factories import PASSWORD
from tests.openapi_walk import operations

ZONE = ZoneInfo("Europe/Berlin")
BOOK = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:ada\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\n"
    "TEL;TYPE=CELL:+49 30 901820\r\nEMAIL:ada@example.org\r\nEND:VCARD\r\n"
)


class User:
    """A client that checks each reply against the document."""

    def __init__(self, client):
        self.client = client
        self.headers: dict[str, str] = {}
        self.operations = {operation.name: operation for operation in operations(client.app)}

    async def do(self, name: str, *, query=None, data=None, json=None, **ids: str) -> Any:
        operation = self.operations[name]
        body = {"data": data} if data is not None else {"json": json} if json is not None else {}
        reply = await self.client.open(
            operation.path.format(**ids),
            method=operation.method,
            headers=self.headers,
            query_string=query,
            **body,
        )
        assert reply.status_code < 300, (name, await reply.get_data())
        await check_reply(operation, reply)
        return await reply.get_json()


@pytest.fixture
async def user(client):
    """Somebody who has just registered."""
    user = User(client)
    newcomer = {"email": "nia@example.org", "password": PASSWORD, "zone": ZONE.key}
    signed_in = await user.do("register", json=newcomer)
    user.headers = {"Authorization": f"Bearer {signed_in['token']}"}
    return user


def tomorrow() -> datetime:
    """Return tomorrow's midnight on the user's wall clock."""
    return datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def calendar(start: datetime, end: datetime) -> str:
    span = "".join(
        f"{name};TZID={ZONE.key}:{moment:%Y%m%dT%H%M%S}\r\n"
        for name, moment in (("DTSTART", start), ("DTEND", end))
    )
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:choir\r\n"
        f"DTSTAMP:20260101T000000Z\r\n{span}SUMMARY:Choir\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )


async def test_from_an_address_book_to_a_talk_that_counts(user, monkeypatch):
    busy_from = tomorrow()
    busy_to = busy_from + timedelta(hours=19, minutes=30)

    book = await user.do("import_contacts", data=BOOK)
    assert (book["created"], book["failed"]) == (1, 0)
    ada = book["items"][0]["contact_id"]

    plans = await user.do("import_calendar", data=calendar(busy_from, busy_to))
    assert (plans["created"], plans["failed"]) == (1, 0)

    span = {"from": busy_from.isoformat(), "to": (busy_from + timedelta(days=1)).isoformat()}
    free = await user.do("list_free_slots", query=span)
    starts = [datetime.fromisoformat(slot["start"]) for slot in free["free"]]
    assert starts == [busy_to], "choir keeps the day busy until half past seven"

    before = await user.do("why_contact", contact_id=ada)
    assert (before["would_be_suggested"], before["blockers"]) == (True, [])

    made = await user.do("generate_suggestions")
    (suggestion,) = made["items"]
    assert [contact["name"] for contact in suggestion["contacts"]] == ["Ada Lovelace"]
    assert suggestion["reasons"][0]["code"] == "never_contacted"
    begins, ends = (datetime.fromisoformat(suggestion[f"slot_{end}"]) for end in ("start", "end"))
    assert not (begins < busy_to and busy_from < ends), "never inside the choir"

    why = await user.do("why_contact", contact_id=ada)
    assert why["suggestion_id"] == suggestion["id"]

    accepted = await user.do("accept_suggestion", suggestion_id=suggestion["id"])
    assert "Ada" in accepted["draft_message"]
    contact = await user.do("get_contact", contact_id=ada)
    assert contact["last_contacted_at"] is None, "a yes is no talk"

    monkeypatch.setattr(routes, "utc_now", lambda: ends + timedelta(hours=1))
    happened = {"happened": True, "notes": "She is well."}
    confirmed = await user.do("confirm_suggestion", json=happened, suggestion_id=suggestion["id"])
    assert confirmed["state"] == "confirmed"

    contact = await user.do("get_contact", contact_id=ada)
    assert datetime.fromisoformat(contact["last_contacted_at"]) == begins
    after = await user.do("why_contact", contact_id=ada)
    assert [blocker["code"] for blocker in after["blockers"]] == ["not_due"]
    again = await user.do("generate_suggestions")
    assert (again["created"], again["waiting"]) == (0, {"not_due": 1})


async def test_a_snoozed_and_a_dismissed_suggestion_leave_the_contact_alone(user):
    cards = "".join(BOOK.replace("ada", uid).replace("Ada", uid) for uid in ("Bo", "Cy"))
    await user.do("import_contacts", data=cards.replace("901820", "901821", 1))
    bo, cy = (await user.do("generate_suggestions"))["items"]

    snoozed = await user.do("snooze_suggestion", suggestion_id=bo["id"], json={"days": 3})
    no = {"reason": "We never really clicked."}
    dismissed = await user.do("dismiss_suggestion", suggestion_id=cy["id"], json=no)

    assert (snoozed["state"], snoozed["slot_start"]) == ("snoozed", None)
    assert dismissed["suggestion"]["dismissed_reason"] == "other"
    assert (await user.do("generate_suggestions"))["created"] == 0


async def test_a_logged_call_stops_the_suggestions_of_that_person(user):
    ada = (await user.do("import_contacts", data=BOOK))["items"][0]["contact_id"]
    yesterday = (tomorrow() - timedelta(days=2)).isoformat()

    call = {"contact_ids": [ada], "kind": "call", "occurred_at": yesterday}
    logged = await user.do("create_interaction", json=call)

    assert logged["state"] == "confirmed"
    assert (await user.do("generate_suggestions"))["created"] == 0


async def test_groups_tags_and_preferences_answer_as_documented(user):
    ada = (await user.do("import_contacts", data=BOOK))["items"][0]["contact_id"]
    group = await user.do("create_group", json={"name": "Engines", "cadence": "weekly"})
    members = {"contact_ids": [ada]}
    await user.do("add_group_members", group_id=group["id"], json=members)
    tag = await user.do("tag_contact", contact_id=ada, json={"name": "mathematics"})
    evenings = {"monday": [{"start": "18:00", "end": "20:00"}]}
    await user.do("replace_availability", json={"windows": evenings})
    await user.do("replace_notifications", json={"max_open_suggestions": 2})

    contact = await user.do("get_contact", contact_id=ada)
    tagged = await user.do("list_contacts", query={"tag": tag["id"], "group": group["id"]})

    assert contact["effective_cadence_days"] == 7
    assert [item["id"] for item in tagged["items"]] == [ada]
