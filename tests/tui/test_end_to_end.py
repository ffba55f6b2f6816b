"""The real dashboard in a pseudo-terminal, against the real server."""

import asyncio
import os
import time
from collections.abc import Callable
from uuid import UUID

import psutil
import pytest
import pytest_asyncio

from server.cli.unix_user import unix_user
from server.embedded.ports import choose_port
from server.lib.clock import utc_now
from tests.factories import PASSWORD
from tests.mfa import code_for
from tests.tui.fake_ssh import far_machine
from tests.tui.real_server import CATCHUP, real_server
from tests.tui.terminal import (
    BACK_TAB,
    ENTER,
    ESCAPE,
    LIMIT_S,
    TAB,
    Terminal,
    ctrl,
    running_in_terminal,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(servers, environment, template, tmp_path_factory):
    async with real_server(servers, template, tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def dashboard(server):
    """One on the box, for all tests that leave it as it was: it takes its time to get in."""
    async with server.dashboard() as terminal:
        await terminal.until_shown("● live", "it answers")
        yield terminal


async def open_list(terminal: Terminal, key: str, wanted: str) -> None:
    """Go to the list behind `key` and filter it, all typed in one go."""
    terminal.press(f"{key}/{wanted}{ENTER}")
    await terminal.until_shown(f"/ {wanted}")


async def leave(terminal: Terminal) -> None:
    """Quit; the terminal is as it was, and nothing was ever written beyond its edge."""
    terminal.press("q")
    assert await terminal.until_ended() == 0, terminal.screen.text
    assert not terminal.screen.is_alternate
    assert terminal.screen.text.strip() == ""
    assert terminal.screen.overflown == []


async def confirm(terminal: Terminal, name: str = "") -> None:
    """Go through the dialog before an act: it begins on Cancel, and may want a name typed."""
    await terminal.until_focused("Cancel")
    if name:
        terminal.press(BACK_TAB)
        await terminal.until_left("Cancel")
        terminal.press(name + ENTER)
    else:
        terminal.press(TAB)
    await terminal.until_focused("Do it")
    terminal.press(ENTER)


async def let_rotations_settle(server) -> None:
    """Let the time pass that a rotation gives to processes that know only the old keys."""
    await server.database.execute(
        """UPDATE key_rotations SET started_at = started_at - interval '2 minutes',
            activated_at = activated_at - interval '2 minutes'"""
    )
    await server.nudge("rotate_keys")


async def states(server, data_class: str) -> set[tuple[int, str]]:
    rows = await server.database.fetch(
        "SELECT key_version, state FROM key_ring WHERE data_class = $1 AND household_id = $2",
        data_class,
        UUID(server.admin["user"]["household_id"]),
    )
    return {(row["key_version"], row["state"]) for row in rows}


async def test_a_data_key_is_rotated_from_its_screen(server, dashboard):
    noted = {"name": "Ben", "notes": "likes tea"}
    made = await server.ask("POST", "/api/contacts", server.admin["token"], json=noted)
    assert made.status_code == 201
    await open_list(dashboard, "5", "purpose:data")
    await dashboard.until_shown("notes")
    dashboard.press(ctrl("t"))
    await dashboard.until_shown("Class", "OK")
    dashboard.press(f"notes{ENTER}")
    await dashboard.until_shown("To go on, type: data")
    await confirm(dashboard, "data")

    await dashboard.until_shown("readable: 0 of 0 values")
    assert await states(server, "notes") == {(1, "active"), (2, "readable")}
    await let_rotations_settle(server)
    await dashboard.until_shown("waiting: 1 of 1 values")
    assert await states(server, "notes") == {(1, "retiring"), (2, "active")}
    await let_rotations_settle(server)
    await dashboard.until_shown("done: 1 of 1 values", "100%")
    assert await states(server, "notes") == {(1, "retired"), (2, "active")}

    dashboard.press(ESCAPE)
    await dashboard.until_gone("100%")
    dashboard.press("7")
    await dashboard.until_shown("key.rotation_started")
    ((who, entry),) = await server.console_acts("key.rotation_started")
    assert who == unix_user()["unix_user"]
    assert str(entry["actor_id"]) == server.admin["user"]["id"]
    assert dashboard.screen.overflown == []


async def test_a_user_is_disabled_from_their_row(server, dashboard):
    bea = await server.register("bea@example.org")
    await open_list(dashboard, "4", "bea@example.org")
    await dashboard.until_shown("● active   bea@example.org")
    dashboard.press(ctrl("d"))
    await dashboard.until_shown("Disable: bea@example.org", "session ends")
    await confirm(dashboard, "bea@example.org")
    await dashboard.until_shown("▲ disabled bea@example.org")

    assert (await server.ask("GET", "/api/contacts", bea["token"])).status_code == 401
    row = await server.database.fetchrow(
        """SELECT disabled_at IS NOT NULL AS is_disabled, (SELECT count(*) FROM sessions
                WHERE user_id = u.id AND revoked_at IS NULL) AS sessions
            FROM users AS u WHERE id = $1""",
        UUID(bea["user"]["id"]),
    )
    assert dict(row) == {"is_disabled": True, "sessions": 0}
    ((who, entry),) = await server.console_acts("user.disabled")
    assert who == unix_user()["unix_user"]
    assert str(entry["subject_id"]) == bea["user"]["id"]
    assert dashboard.screen.overflown == []


async def test_a_failed_job_is_retried_once_its_cause_is_mended(server, dashboard):
    dora = await server.register("dora@example.org")
    await server.ask("POST", "/api/contacts", dora["token"], json={"name": "Ada"})
    user_id, household_id = dora["user"]["id"], dora["user"]["household_id"]
    await server.database.execute("REVOKE INSERT ON suggestions FROM catchup_app")
    await server.nudge("suggest_to_user", household_id=household_id, user_id=user_id)
    await open_list(dashboard, "2", "function:suggest_to_user")
    await dashboard.until_shown("✗ failed", "Insufficient")
    assert await suggestions_of(server, user_id) == 0

    await server.database.execute("GRANT INSERT ON suggestions TO catchup_app")
    dashboard.press(ctrl("t"))
    await dashboard.until_shown("Jobs  none")

    async with asyncio.timeout(LIMIT_S):
        while await suggestions_of(server, user_id) != 1:
            await asyncio.sleep(0.05)
    ((who, _),) = await server.console_acts("jobs.retried")
    assert who == unix_user()["unix_user"]
    assert dashboard.screen.overflown == []


async def suggestions_of(server, user_id: str) -> int:
    count: int = await server.database.fetchval(
        "SELECT count(*) FROM suggestions WHERE user_id = $1", UUID(user_id)
    )
    return count


async def test_a_dead_server_is_told_with_the_age_of_what_is_shown_and_it_goes_on_by_itself(server):
    port = choose_port(None)
    async with server.http(port) as http, server.dashboard(PORT=str(port)) as terminal:
        await terminal.until_shown("● live", "it answers")
        terminal.press("++")
        await terminal.until_shown("every 1 s")

        http.process.kill()
        await terminal.until_shown("✗ unreachable, values", " old", "it answers", "catchup doctor")
        await asyncio.to_thread(http.process.wait)
        async with server.http(port):
            await terminal.until_shown("● live", "Requests /s", "it answers")
            await leave(terminal)


async def test_an_idle_dashboard_writes_less_than_two_kilobytes_a_second(dashboard):
    dashboard.press("1")
    await dashboard.until_shown("it answers", "Requests /s")
    await asyncio.sleep(1)  # what is new on the screen is no idle traffic
    begun, before = time.monotonic(), dashboard.received_bytes
    await asyncio.sleep(4)

    written = dashboard.received_bytes - before
    assert written <= 2_048 * (time.monotonic() - begun)


async def test_a_box_behind_ssh_is_looked_after_without_its_secrets(server, tmp_path):
    box = {name: value for name, value in server.environment.items() if name.isidentifier()}
    path = f"{far_machine(tmp_path, CATCHUP, box).parent}{os.pathsep}{os.environ['PATH']}"
    here = {"PATH": path, "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    command = [*CATCHUP, "admin", "--ssh", "root@box"]
    async with running_in_terminal(command, here) as terminal:
        await terminal.until_shown("box  ssh", "● live", "it answers")
        terminal.press(ctrl("e") + "++")
        await terminal.until_shown("▲ may act", "every 1 s")

        (tunnel,) = tunnels_of(terminal)
        tunnel.kill()
        await until(lambda: any(one != tunnel for one in tunnels_of(terminal)))
        await terminal.until_shown("● live")
        (tunnel,) = tunnels_of(terminal)

    # The window was closed, and what ran for it has ended.
    await until(lambda: words_of(tunnel) == [])


def tunnels_of(terminal: Terminal) -> list[psutil.Process]:
    family = psutil.Process(terminal.process.pid).children(recursive=True)
    return [one for one in family if "-L" in words_of(one)]


def words_of(process: psutil.Process) -> list[str]:
    """Return how a process was called; nothing of one that has ended."""
    try:
        words: list[str] = process.cmdline()
    except psutil.NoSuchProcess:
        return []
    return words


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await asyncio.sleep(0.05)


async def test_a_server_elsewhere_asks_for_password_and_second_factor(server, tmp_path):
    cleo = await server.register("cleo@example.org")
    await server.database.execute(
        "UPDATE users SET server_role = 'admin' WHERE id = $1", UUID(cleo["user"]["id"])
    )
    first, second, *_ = await turn_mfa_on(server, cleo["token"])
    here = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    command = [*CATCHUP, "admin", "--url", server.url]
    async with running_in_terminal(command, here) as terminal:
        await terminal.until_shown("Sign in at", "E-mail", "Password")
        terminal.press(f"cleo@example.org{ENTER}{PASSWORD}")
        await terminal.until_shown("cleo@example.org", "•" * len(PASSWORD))
        terminal.press(ENTER)
        await terminal.until_shown("recovery code")
        terminal.press(first + ENTER)
        await terminal.until_shown("● live", "it answers")
        terminal.press(ctrl("e"))
        await terminal.until_shown("Prove that it is you")
        terminal.press(second + ENTER)
        await terminal.until_shown("▲ may act")
        await leave(terminal)


async def turn_mfa_on(server, token: str) -> list[str]:
    """Turn a second factor on; return the recovery codes."""
    begun = await server.ask("POST", "/api/auth/mfa/totp", token)
    code = {"code": code_for(begun.json()["secret"], utc_now())}
    done = await server.ask("POST", "/api/auth/mfa/totp/confirm", token, json=code)
    assert done.status_code == 200, done.text
    codes: list[str] = done.json()["recovery_codes"]
    return codes
