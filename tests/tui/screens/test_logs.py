from datetime import timedelta
from typing import Any

import pytest

from server.admin.schemas_logs import LogLineOut, LogPage
from tests.tui.fake_server import Asked, FakeServer, problem
from tests.tui.pilot import NOW, WIDE, running, screen_text, settle

LEVELS = ("info", "warning", "error", "debug", "critical")
PROCESSES = ("server", "worker", "scheduler")


def line(number: int, **fields: Any) -> LogLineOut:
    """Make the line `number`; higher ones are later."""
    return LogLineOut.model_validate(
        {
            "at": NOW + timedelta(seconds=number),
            "level": LEVELS[number % len(LEVELS)],
            "process": PROCESSES[number % len(PROCESSES)],
            "event": f"event {number}",
            "fields": fields or {"job": "write_digests", "took_ms": -number},
        }
    )


class Log:
    """Lines from -`most` to -1, and what is added; cursors are their numbers."""

    def __init__(self, most: int) -> None:
        self.lines = {number: line(number) for number in range(-most, 0)}

    def add(self, **fields: Any) -> None:
        number = max(self.lines, default=-1) + 1
        self.lines[number] = line(number, **fields)

    def __call__(self, asked: Asked) -> LogPage:
        query, limit = asked.query, int(asked.query["limit"])
        numbers = sorted(self.lines)
        if after := query.get("after"):
            numbers = [one for one in numbers if one > int(after)][:limit]
        elif before := query.get("before"):
            numbers = [one for one in numbers if one < int(before)][-limit:]
        elif query.get("sort") == "oldest":
            numbers = numbers[:limit]
        else:
            numbers = numbers[-limit:]
        last = str(numbers[-1]) if numbers else after
        return LogPage(
            items=[self.lines[one] for one in numbers],
            next_after=last,
            next_before=str(numbers[0]) if len(numbers) == limit else None,
        )


def serve(server: FakeServer) -> None:
    server.on("/logs", Log(1000))


@pytest.fixture
def log(server: FakeServer) -> Log:
    log = Log(250)
    server.on("/logs", log)
    return log


def asked_of(server: FakeServer) -> list[dict[str, str]]:
    return [one.query for one in server.asked if one.path.endswith("/logs")]


async def test_the_newest_line_is_at_the_top_with_a_mark_beside_the_colour(server, log):
    async with running(server, section="logs") as pilot:
        rows = screen_text(pilot).splitlines()[4:]
        assert "● " not in rows[0]
        assert "✗ critical" in rows[0]
        assert "event -1" in rows[0]
        assert "► following" in screen_text(pilot)


async def test_following_asks_for_what_came_after(server, log):
    async with running(server, section="logs") as pilot:
        log.add(job="retry_feed")
        await pilot.press("r")
        await settle(pilot)

        assert asked_of(server)[-1]["after"] == "-1"
        assert "job=retry_feed" in screen_text(pilot).splitlines()[4]
        assert "event -1 " in screen_text(pilot).splitlines()[5]

        await pilot.press("r")
        await settle(pilot)
        assert asked_of(server)[-1]["after"] == "0"


async def test_what_one_reads_stays_while_lines_come_in(server, log):
    async with running(server, section="logs") as pilot:
        await pilot.press(*["pagedown"] * 3)
        await settle(pilot)
        before = screen_text(pilot).splitlines()[4:22]
        for _ in range(230):
            log.add()
        await pilot.press("r")
        await settle(pilot)

        # All but the bar at the right edge.
        after = screen_text(pilot).splitlines()[4:22]
        assert [text[:-1] for text in after] == [text[:-1] for text in before]


async def test_scrolling_goes_back_in_time_to_the_first_line(server, log):
    async with running(server, section="logs") as pilot:
        for _ in range(4):
            await pilot.press("end")
            await settle(pilot)

        assert "event -250" in screen_text(pilot)
        assert [one["before"] for one in asked_of(server) if "before" in one] == ["-100", "-200"]


async def test_after_lines_came_in_one_can_still_go_back(server, log):
    async with running(server, section="logs") as pilot:
        log.add()
        await pilot.press("r")
        await settle(pilot)
        for _ in range(4):
            await pilot.press("end")
            await settle(pilot)

        assert "event -250" in screen_text(pilot)
        assert "Logs  251 " in screen_text(pilot)


async def test_a_flood_is_read_from_its_newest_line(server, log):
    async with running(server, section="logs") as pilot:
        for _ in range(1500):
            log.add()
        await pilot.press("r")
        await settle(pilot)

        assert "event 1499" in screen_text(pilot).splitlines()[4]


async def test_a_search_with_level_and_process_goes_to_the_server(server, log):
    async with running(server, section="logs") as pilot:
        await pilot.press("slash", *"level:error process:worker took too", "enter")
        await settle(pilot)

        asked = asked_of(server)[-1]
        assert (asked["level"], asked["process"], asked["q"]) == ("error", "worker", "took too")
        assert "error or worse" in screen_text(pilot)


async def test_l_goes_on_to_the_next_level(server, log):
    async with running(server, section="logs") as pilot:
        assert asked_of(server)[-1]["level"] == "info"
        await pilot.press("l")
        await settle(pilot)

        assert asked_of(server)[-1]["level"] == "warning"


async def test_what_was_before_a_time_is_not_followed(server, log):
    async with running(server, section="logs") as pilot:
        await pilot.press("slash", *"until:08:30", "enter")
        await settle(pilot)
        assert asked_of(server)[-1]["until"] == "2026-03-02T08:30:00+00:00"

        count = len(asked_of(server))
        await pilot.press("r")
        await settle(pilot)
        assert len(asked_of(server)) == count
        assert "not following" in screen_text(pilot)


async def test_a_time_that_is_none_is_not_asked_for(server, log):
    async with running(server, section="logs") as pilot:
        await pilot.press("slash", *"until:noon", "enter")
        await settle(pilot)

        assert "noon?" in screen_text(pilot)
        assert "until" not in asked_of(server)[-1]


async def test_escapes_of_a_terminal_are_shown(server, log):
    log.add(said="\x1b[2J\x1b]52;c;aGk=\x07", way="\u202etxt")
    async with running(server, size=WIDE, section="logs") as pilot:
        assert "said=␛[2J␛]52;c;aGk=␇ way=�txt" in screen_text(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "␛[2J␛]52;c;aGk=␇" in screen_text(pilot)
        assert "\x1b" not in screen_text(pilot)


async def test_enter_shows_the_whole_line_and_escape_leads_back(server, log):
    log.add(traceback="one\ntwo", counts={"sent": 3})
    async with running(server, section="logs") as pilot:
        await pilot.press("enter")
        await settle(pilot)
        shown = screen_text(pilot)
        assert "traceback" in shown
        assert '{"sent": 3}' in shown

        await pilot.press("escape")
        await settle(pilot)
        assert "► following" in screen_text(pilot)


async def test_a_server_without_a_log_says_what_to_do(server):
    server.on("/logs", problem(503, "no_log", "Join the group systemd-journal."))
    async with running(server, size=WIDE, section="logs") as pilot:
        assert "Join the group systemd-journal." in screen_text(pilot)


async def test_an_empty_log_is_looked_at_until_something_comes(server):
    log = Log(0)
    server.on("/logs", log)
    async with running(server, section="logs") as pilot:
        assert "No line fits." in screen_text(pilot)
        log.add()
        await pilot.press("r")
        await settle(pilot)
        assert "event 0" in screen_text(pilot)


async def test_pausing_stops_following(server, log):
    async with running(server, section="logs") as pilot:
        await pilot.press("p")
        await settle(pilot)
        assert "p follows" in screen_text(pilot)


async def test_turned_round_it_begins_with_the_oldest_line_and_does_not_follow(server, log):
    async with running(server, section="logs") as pilot:
        await pilot.press("O")
        await settle(pilot)
        assert "event -250" in screen_text(pilot).splitlines()[4]
        assert "not following" in screen_text(pilot)

        for _ in range(4):
            await pilot.press("end")
            await settle(pilot)
        assert "event -1 " in screen_text(pilot)

        await pilot.press("O")
        await settle(pilot)
        assert "event -1 " in screen_text(pilot).splitlines()[4]
        assert "► following" in screen_text(pilot)
