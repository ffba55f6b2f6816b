"""The log over the API, from the files that `catchup up` keeps."""

import json
from datetime import timedelta

import pytest

from server.admin import log_lines
from server.embedded.kept_lines import KeptLines
from tests.times import MONDAY

PATH = "/api/admin/logs"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHUP_HOME", str(tmp_path))
    return tmp_path


def write(home, process, *lines, most_bytes=10_000_000):
    kept = KeptLines(home / "logs", process, most_bytes=most_bytes)
    for second, level, event in lines:
        at = (MONDAY + timedelta(seconds=second)).isoformat()
        kept.write(json.dumps({"event": event, "level": level, "timestamp": at, "job": "j1"}))


async def get(client, member, **query):
    reply = await client.get(PATH, headers=member.headers, query_string=query)
    assert reply.status_code == 200, await reply.get_data()
    return await reply.get_json()


def events(page):
    return [line["event"] for line in page["items"]]


async def test_lines_of_all_processes_come_in_the_order_of_their_times(client, member, home):
    write(home, "server", (1, "info", "a"), (3, "info", "c"))
    write(home, "worker", (2, "info", "b"), (4, "info", "d"))

    page = await get(client, member, limit=3)

    assert events(page) == ["b", "c", "d"]
    assert page["items"][0]["process"] == "worker"
    assert page["items"][0]["fields"] == {"job": "j1"}
    assert events(await get(client, member, limit=3, before=page["next_before"])) == ["a"]


async def test_who_follows_gets_each_later_line_once(client, member, home):
    write(home, "server", (1, "info", "a"))
    place = (await get(client, member))["next_after"]
    write(home, "server", (1, "info", "twin"), (2, "info", "b"), (3, "info", "c"))

    first = await get(client, member, after=place, limit=1)
    second = await get(client, member, after=first["next_after"])
    third = await get(client, member, after=second["next_after"])

    # Of two lines of one instant the order is a hash's: the twin may count as seen before.
    assert events(first) + events(second) in (["twin", "b", "c"], ["b", "c"])
    assert events(third) == []
    assert third["next_after"] == second["next_after"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"level": "warning"}, ["job.failed"]),
        ({"q": "FAILED"}, ["job.failed"]),
        ({"q": "j1"}, ["request", "job.failed"]),
        ({"process": "server"}, ["request"]),
        ({"until": (MONDAY + timedelta(seconds=1)).isoformat()}, ["request"]),
    ],
    ids=str,
)
async def test_a_filter_leaves_lines_out(client, member, home, query, found):
    write(home, "server", (1, "info", "request"))
    write(home, "worker", (2, "error", "job.failed"))

    assert events(await get(client, member, **query)) == found


async def test_a_file_that_was_put_away_is_read_on(client, member, home):
    write(home, "server", *((n, "info", f"e{n}") for n in range(10)), most_bytes=500)

    found = events(await get(client, member))

    assert found == [f"e{n}" for n in range(10 - len(found), 10)]
    assert len(found) >= 5
    assert {path.name for path in (home / "logs").iterdir()} <= {"server.jsonl", "server.jsonl.1"}


async def test_long_lines_and_many_are_read_across_blocks(client, member, home, monkeypatch):
    monkeypatch.setattr(log_lines, "BLOCK_BYTES", 64)
    write(home, "server", *((n, "info", f"e{n}" * (n % 7 * 20 + 1)) for n in range(40)))

    page = await get(client, member, limit=40)

    assert events(page) == [f"e{n}" * (n % 7 * 20 + 1) for n in range(40)]


async def test_what_is_no_line_of_the_log_is_left_out(client, member, home):
    write(home, "server", (1, "info", "a"))
    with (home / "logs" / "server.jsonl").open("a") as file:
        file.write('{"event": "cut"\n[]\n{"timestamp": 3}\n\x1b[31mred\n')
    write(home, "server", (2, "info", "b"))

    assert events(await get(client, member)) == ["a", "b"]


async def test_what_is_not_json_is_not_kept(home):
    kept = KeptLines(home / "logs", "worker")
    kept.write("To: ana@example.org  Your digest")

    assert not (home / "logs").exists()


async def test_the_files_are_for_their_owner_only(home):
    write(home, "server", (1, "info", "a"))

    assert (home / "logs").stat().st_mode & 0o077 == 0
    assert (home / "logs" / "server.jsonl").stat().st_mode & 0o077 == 0


JOURNAL = """#!/bin/sh
echo '{"MESSAGE": "{\\\\"event\\\\": \\\\"b\\\\", \\\\"level\\\\": \\\\"info\\\\", \\\\"timestamp\\\\": \\\\"2026-03-02T09:00:02Z\\\\"}", "_SYSTEMD_UNIT": "catchup-worker.service"}'
echo '{"MESSAGE": "Started CatchUp worker.", "_SYSTEMD_UNIT": "init.scope"}'
echo '{"MESSAGE": "{\\\\"event\\\\": \\\\"a\\\\", \\\\"level\\\\": \\\\"info\\\\", \\\\"timestamp\\\\": \\\\"2026-03-02T09:00:01Z\\\\"}", "_SYSTEMD_UNIT": "catchup-server@1.service"}'
"""  # noqa: E501


@pytest.fixture
def journalctl(home, monkeypatch):
    def make(script):
        folder = home / "bin"
        folder.mkdir()
        (folder / "journalctl").write_text(script)
        (folder / "journalctl").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    return make


async def test_on_a_box_the_journal_is_read(client, member, journalctl):
    journalctl(JOURNAL)

    page = await get(client, member)

    found = [(line["process"], line["event"]) for line in page["items"]]
    assert found == [("server", "a"), ("worker", "b")]


async def test_a_journal_that_may_not_be_read_says_what_to_do(client, member, journalctl):
    journalctl("#!/bin/sh\necho 'No journal files were opened' >&2\nexit 1\n")

    reply = await client.get(PATH, headers=member.headers)

    problem = await reply.get_json()
    assert (reply.status_code, problem["code"]) == (503, "no_log")
    assert "systemd-journal" in problem["detail"]


async def test_the_oldest_lines_come_first_a_page_at_a_time(client, member, home):
    # Of two processes, over a rotated file, one line written late.
    write(home, "server", *((n, "info", f"s{n}") for n in (1, 4, 3, 5, 7, 9)), most_bytes=200)
    write(home, "worker", *((n, "info", f"w{n}") for n in (2, 6, 8)))
    whole = events(await get(client, member))

    found: list[str] = []
    after: dict[str, str] = {}
    while page := await get(client, member, sort="oldest", limit=2, **after):
        if not page["items"]:
            break
        found += events(page)
        after = {"after": page["next_after"]}
        assert page["next_before"] is None

    assert found == whole
    assert found == sorted(found, key=lambda event: int(event[1:]))


async def test_from_the_oldest_a_filter_holds_too(client, member, home):
    write(home, "server", (1, "info", "a"), (2, "error", "b"), (3, "error", "c"))

    page = await get(client, member, sort="oldest", level="error", limit=1)

    assert events(page) == ["b"]
