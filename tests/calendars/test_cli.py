import asyncio
import json
import sys

from tests.calendars.links import PATH, add, calendar_server, serve
from tests.calendars.texts import calendar


async def catchup(*words, stdin=""):
    """Run the command as a process of its own; return exit code, output, errors."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server",
        "calendars",
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    return process.returncode, out.decode(), err.decode()


async def test_link_is_read_from_standard_input_and_refused_without_being_quoted(member):
    code, out, err = await catchup("add-link", "--user", member.email, stdin="http://10.0.0.1/4711")

    assert (code, out) == (1, "")
    assert "leads into a private network" in err
    assert "4711" not in err


async def test_what_is_no_link_is_refused_without_being_quoted(member):
    code, _, err = await catchup("add-link", "--user", member.email, stdin="secret 4711\n")

    assert code == 1
    assert err.startswith("catchup: url: ")
    assert "4711" not in err


async def test_connections_are_listed_without_their_secret(member, monkeypatch):
    async with calendar_server(monkeypatch) as fake:
        serve(fake, calendar())
        await add(member, fake, name="Work")

    code, out, _ = await catchup("list", "--user", member.email)
    _, printed, _ = await catchup("list", "--user", member.email, "--json")

    assert code == 0
    assert out.startswith("Work")
    assert "http://calendar.example.org/…" in out
    assert PATH not in out + printed
    assert [item["name"] for item in json.loads(printed)] == ["Work"]


async def test_refresh_that_fails_says_why_and_exits_with_1(member, monkeypatch):
    async with calendar_server(monkeypatch) as fake:
        serve(fake, calendar())
        await add(member, fake, host="127.0.0.1")

    code, out, _ = await catchup("refresh", "--user", member.email)

    assert code == 1
    assert "[refused_address]" in out
