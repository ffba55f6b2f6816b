from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from server.admin.schemas_audit import AuditEntryOut, AuditPage, ChainOut, FlawOut, VerifiedOut
from tests.tui.fake_server import Asked, FakeServer, problem
from tests.tui.pilot import NOW, WIDE, running, screen_text, settle

ACTIONS = (("user.signed_in", "user"), ("key.rotated", "key"), ("message.retried", "message"))
WHOLE = ChainOut(chain="server", entries=1200, head=1200, flaw=None)


def entry(number: int, **details: Any) -> AuditEntryOut:
    action, kind = ACTIONS[number % len(ACTIONS)]
    return AuditEntryOut(
        id=UUID(int=number),
        action=action,
        actor_id=UUID(int=2) if number % 4 else None,
        subject_kind=kind,
        subject_id=UUID(int=3),
        at=NOW - timedelta(minutes=number),
        address="192.0.2.7",
        details=details or {"count": number},
        chain="server" if number % 2 else str(UUID(int=4)),
        sequence=2000 - number,
        hash="ab" * 32,
    )


def verdict(*flawed: ChainOut) -> VerifiedOut:
    items = [*flawed, WHOLE]
    return VerifiedOut(is_whole=not flawed, chains=len(items), entries=1200, items=items)


def pages(most: int):
    def answer(asked: Asked) -> AuditPage:
        start, limit = int(asked.query.get("cursor", 0)), int(asked.query["limit"])
        end = min(start + limit, most)
        items = [entry(number) for number in range(start, end)]
        return AuditPage(items=items, next_cursor=str(end) if end < most else None)

    return answer


def serve(server: FakeServer) -> None:
    server.on("/audit", pages(1000))
    server.on("/audit/verify", verdict(), method="POST")


@pytest.fixture
def trail(server: FakeServer) -> FakeServer:
    serve(server)
    return server


async def test_entries_say_who_did_what_to_which_object(trail):
    async with running(trail, size=WIDE, section="audit") as pilot:
        first = screen_text(pilot).splitlines()[5]
        for text in ("1 min ago", "key.rotated", "…0000002", "key …0000003", "server", "1999"):
            assert text in first


async def test_a_long_trail_is_read_a_page_at_a_time(trail):
    async with running(trail, section="audit") as pilot:
        await pilot.press("end")
        await settle(pilot)

        assert {one.query.get("cursor") for one in trail.asked if one.path.endswith("/audit")} == {
            None,
            "100",
        }


async def test_a_filter_goes_to_the_server(trail):
    async with running(trail, section="audit") as pilot:
        await pilot.press("slash", *"action:user chain:server from:2026-03-01 to:08:30", "enter")
        await settle(pilot)

        asked = trail.asked[-1].query
        assert (asked["action"], asked["chain"]) == ("user", "server")
        assert asked["from"] == "2026-03-01T00:00:00+00:00"
        assert asked["to"] == "2026-03-02T08:30:00+00:00"


async def test_a_time_that_is_none_is_not_asked_for(trail):
    async with running(trail, section="audit") as pilot:
        await pilot.press("slash", *"from:noon", "enter")
        await settle(pilot)

        assert "noon?" in screen_text(pilot)
        assert "from" not in trail.asked[-1].query


async def test_enter_shows_the_whole_entry_with_escapes_as_symbols(server):
    page = AuditPage(items=[entry(1, agent="\x1b]0;x\x07")], next_cursor=None)
    server.on("/audit", page)
    async with running(server, section="audit") as pilot:
        await pilot.press("enter")
        await settle(pilot)
        shown = screen_text(pilot)
        assert "ab" * 20 in shown
        assert "␛]0;x␇" in shown
        assert "\x1b" not in shown

        await pilot.press("escape")
        await settle(pilot)
        assert "not verified by you yet" in screen_text(pilot)


async def test_addresses_are_hidden_with_names(trail):
    async with running(trail, size=WIDE, section="audit") as pilot:
        assert "192.0.2.7" in screen_text(pilot)
        await pilot.press("P")
        await settle(pilot)
        assert "192.0.2.7" not in screen_text(pilot)

        await pilot.press("enter")
        await settle(pilot)
        assert "192.0.2.7" not in screen_text(pilot)


async def verify(pilot) -> None:
    await pilot.press("ctrl+t")
    await pilot.app.workers.wait_for_complete(
        [worker for worker in pilot.app.workers if worker.group == "act"]
    )
    await settle(pilot)


async def test_verifying_reads_only_and_says_that_all_is_whole(trail):
    async with running(trail, section="audit") as pilot:
        await verify(pilot)
        assert "● whole, 1,200 entries" in screen_text(pilot)
        assert [one.path for one in trail.writes] == ["/api/admin/audit/verify"]
        assert trail.writes[0].headers["authorization"] == "Bearer read-1"

        await pilot.press("escape")
        await settle(pilot)
        assert "● as it was written, verified just now" in screen_text(pilot)


async def test_a_flaw_is_told_with_its_place(trail):
    flaw = FlawOut(sequence=17, kind="cut_off", reason="the anchor knows of 20")
    chain = ChainOut(chain=str(UUID(int=4)), entries=17, head=17, flaw=flaw)
    trail.on("/audit/verify", verdict(chain), method="POST")
    async with running(trail, size=WIDE, section="audit") as pilot:
        await verify(pilot)
        assert "✗ cut off at no. 17: the anchor knows of 20" in screen_text(pilot)

        await pilot.press("escape")
        await settle(pilot)
        assert "✗ not as it was written" in screen_text(pilot)


async def test_a_proof_that_did_not_come_about_proves_nothing(trail):
    trail.on("/audit/verify", problem(500, "internal", "It failed."), method="POST")
    async with running(trail, size=WIDE, section="audit") as pilot:
        await verify(pilot)

        assert "It failed." in screen_text(pilot)
        assert "not verified by you yet" in screen_text(pilot)
