from datetime import timedelta
from uuid import UUID

import pytest

from server.admin.schemas_messages import (
    MessageAttemptOut,
    MessageOut,
    MessagePage,
    MessageTraceOut,
)
from tests.tui.fake_server import Asked, FakeServer
from tests.tui.pilot import NOW, running, screen_text, settle

STATES = ("failed", "delivered", "pending", "unknown", "suppressed")


def message(number: int, *, state: str | None = None, code: str | None = None) -> MessageOut:
    return MessageOut.model_validate(
        {
            "id": UUID(int=number),
            "household_id": UUID(int=1),
            "user_id": UUID(int=2),
            "kind": "digest",
            "channel": "email" if number % 2 else "sms",
            "state": state or STATES[number % len(STATES)],
            "code": code,
            "is_urgent": False,
            "cause_kind": "digest",
            "cause_id": UUID(int=3),
            "attempts": number % 4,
            "created_at": NOW - timedelta(minutes=number),
            "next_attempt_at": None,
            "expires_at": NOW + timedelta(days=1),
            "provider": "twilio",
            "provider_id": None,
            "sent_at": None,
            "delivered_at": None,
            "segments": None,
            "cost_micros": None,
            "text": None,
        }
    )


def pages(most: int):
    def answer(asked: Asked) -> MessagePage:
        start, limit = int(asked.query.get("cursor", 0)), int(asked.query["limit"])
        end = min(start + limit, most)
        items = [message(number) for number in range(start, end)]
        return MessagePage(items=items, next_cursor=str(end) if end < most else None)

    return answer


def trace(one: MessageOut) -> MessageTraceOut:
    attempt = MessageAttemptOut(
        number=1, started_at=NOW, ended_at=NOW, outcome="failed", code="refused"
    )
    return MessageTraceOut(
        message=one,
        answers=None,
        suggestions=[],
        digest=None,
        attempts=[attempt],
        events=[],
        replies=[],
    )


def serve(server: FakeServer) -> None:
    server.on("/messages", pages(100_000))
    server.on("/messages/*", trace(message(0)))
    server.on("/messages/*/retry", message(0, state="pending"), method="POST")


@pytest.fixture
def listing(server: FakeServer) -> FakeServer:
    serve(server)
    return server


async def test_messages_are_listed_with_a_mark_beside_the_colour(listing):
    async with running(listing, section="messages") as pilot:
        assert "✗ failed" in screen_text(pilot)
        assert "● delivered" in screen_text(pilot)


async def test_a_long_list_is_read_a_page_at_a_time(listing):
    async with running(listing, section="messages") as pilot:
        await pilot.press("end")
        await settle(pilot)

        asked = [one.query.get("cursor") for one in listing.asked if one.path.endswith("/messages")]
        assert set(asked) == {None, "100"}


async def test_the_line_of_the_filter_and_the_last_row_are_in_view(listing):
    listing.on("/messages", pages(30))
    async with running(listing, section="messages") as pilot:
        await pilot.press("end")
        await settle(pilot)
        assert "29 min a…" in screen_text(pilot)

        await pilot.press("slash", *"sta")
        await settle(pilot)
        assert "sta" in screen_text(pilot).splitlines()[-2]


async def test_a_filter_goes_to_the_server(listing):
    async with running(listing, section="messages") as pilot:
        await pilot.press("slash", *"state:failed", "enter")
        await settle(pilot)

        assert listing.asked[-1].query["state"] == "failed"
        assert "/ state:failed" in screen_text(pilot)


async def test_enter_shows_the_trace_and_escape_leads_back(listing):
    async with running(listing, section="messages") as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert "Attempts" in screen_text(pilot)

        await pilot.press("escape")
        await settle(pilot)
        assert "✗ failed" in screen_text(pilot)


async def test_sending_again_is_confirmed_and_done_with_the_right_to_act(listing):
    async with running(listing, section="messages") as pilot:
        await pilot.press("ctrl+t")
        await settle(pilot)
        assert "handed to the provider again" in screen_text(pilot)
        assert not listing.writes

        await pilot.press("tab", "enter")
        await settle(pilot)

        assert [one.body for one in listing.writes] == [{"confirm": False}]
        assert listing.writes[0].headers["authorization"] == "Bearer write"
        assert "The message is pending." in screen_text(pilot)


async def test_enter_in_the_dialog_alone_changes_nothing(listing):
    async with running(listing, section="messages") as pilot:
        await pilot.press("ctrl+t")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)

        assert not listing.writes
