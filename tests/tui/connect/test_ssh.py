import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import pytest

from server.admin.schemas_jobs import QueuePage
from tests.tui.fake_server import FakeServer, Reply
from tests.tui.fake_ssh import far_machine
from tests.tui.pilot import NOW
from tui.api import AdminApi
from tui.connect.access import Lease
from tui.connect.ssh import SshAccess
from tui.errors import ConnectFailed, Unreachable

# Its token is what it was asked.
CONSOLE = """
import json, sys
words = " ".join(sys.argv[1:])
print(json.dumps({"url": URL, "token": words, "expires_at": ENDS, "user": "ana@example.org"}))
"""


@pytest.fixture
def ssh(server: FakeServer, tmp_path) -> str:
    """The program `ssh`; behind it a machine with `catchup`, whose server is `server`."""
    return ssh_to(server, tmp_path)


def ssh_to(server: FakeServer, tmp_path) -> str:
    server.on("/api/here", {"is": "here"})
    program = CONSOLE.replace("URL", repr(server.url))
    program = program.replace("ENDS", repr((NOW + timedelta(hours=1)).isoformat()))
    return str(far_machine(tmp_path, [sys.executable, "-c", program], {}))


@asynccontextmanager
async def opened(ssh: str, **more: str) -> AsyncIterator[tuple[SshAccess, Lease]]:
    access = SshAccess("root@box", ssh=ssh, **more)
    try:
        yield access, await access.open(nobody)
    finally:
        await access.close()


async def nobody(title, questions):
    raise AssertionError("ssh asks nothing")


async def is_there(url: str) -> bool:
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        try:
            return bool((await http.get("/api/here")).json() == {"is": "here"})
        except httpx2.HTTPError:
            return False


async def test_a_tunnel_leads_to_the_server_of_the_box(ssh, server):
    async with opened(ssh) as (_, lease):
        assert lease.url != server.url
        assert await is_there(lease.url)


async def test_a_tunnel_leads_to_the_socket_of_a_unit(tmp_path):
    server = FakeServer()
    await server.start(tmp_path / "http.sock")
    async with opened(ssh_to(server, tmp_path)) as (_, lease):
        assert lease.url.startswith("http://127.0.0.1:")
        assert await is_there(lease.url)
    await server.stop()


async def test_the_box_makes_the_sessions_by_sudo(ssh):
    async with opened(ssh) as (access, lease):
        assert lease.token == "tokens console --json --scope read"

        acting = await access.elevate(lease, nobody)

        assert acting is not None
        assert (acting.token, acting.url) == ("tokens console --json --scope write", lease.url)


async def test_an_address_that_a_shell_would_read_comes_through_whole(ssh):
    async with opened(ssh, email="o'brien$HOME@example.org") as (_, lease):
        assert lease.token.endswith(" --as o'brien$HOME@example.org")


async def test_a_tunnel_that_broke_is_dug_again_and_leads_on_from_the_same_port(ssh):
    async with opened(ssh) as (access, lease):
        assert access._tunnel is not None
        access._tunnel.kill()
        await access._tunnel.wait()
        assert not await is_there(lease.url)

        await access.mend()

        assert await is_there(lease.url)


async def test_a_whole_tunnel_is_left_alone(ssh):
    async with opened(ssh) as (access, _):
        tunnel = access._tunnel

        await access.mend()

        assert access._tunnel is tunnel


async def ask(access: SshAccess, lease: Lease) -> Unreachable:
    api = AdminApi(lease, explain=access.explained)
    try:
        with pytest.raises(Unreachable) as caught:
            await api.get("/queues", QueuePage)
    finally:
        await api.close()
    return caught.value


async def test_a_server_that_is_down_behind_a_whole_tunnel_is_said_with_what_to_run(ssh, server):
    async with opened(ssh) as (access, lease):
        await server.stop()
        await ask(access, lease)

        lost = await ask(access, lease)

    assert lost.sentence == (
        "The tunnel stands, but the server on the box does not answer"
        " (connect failed: Connection refused)."
    )
    assert "On the box: `sudo catchup doctor`" in lost.way_on


async def test_a_socket_behind_a_tunnel_is_asked_for_its_group(tmp_path):
    server = FakeServer()
    await server.start(tmp_path / "http.sock")
    async with opened(ssh_to(server, tmp_path)) as (access, lease):
        await server.stop()
        lost = await ask(access, lease)

    assert f"May root@box open {tmp_path}/http.sock?" in lost.way_on


async def test_an_answer_that_is_cut_in_a_tunnel_is_still_said_as_cut(ssh, server):
    server.hidden = Reply(body={"x": "y" * 99}, cut=True)
    async with opened(ssh) as (access, lease):
        lost = await ask(access, lease)

    assert lost.code == "cut"


async def test_a_tunnel_whose_server_is_long_down_goes_on(ssh, server):
    async with opened(ssh) as (access, lease):
        assert access._tunnel is not None
        await server.stop()
        # More than the pipe takes that ssh complains into.
        for _ in range(1200):
            await ask_by_hand(lease.url)

        assert access._refusal == "connect failed: Connection refused"
        assert access._tunnel.returncode is None


async def ask_by_hand(url: str) -> None:
    """Open a connection and wait until it is closed."""
    async with asyncio.timeout(5):
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
        with suppress(ConnectionError):
            await reader.read()
        writer.close()


async def test_closing_leaves_no_tunnel(ssh):
    async with opened(ssh) as (_, lease):
        pass

    assert not await is_there(lease.url)


async def test_what_ssh_complains_of_is_said(tmp_path):
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'root@box: Permission denied (publickey).' >&2\nexit 255\n")
    ssh.chmod(0o700)

    with pytest.raises(ConnectFailed, match="Permission denied"):
        await SshAccess("root@box", ssh=str(ssh)).open(nobody)


@pytest.mark.parametrize("target", ["", "-oProxyCommand=x", "root@box rm"])
def test_what_is_no_target_is_refused(target):
    with pytest.raises(ConnectFailed, match="no target"):
        SshAccess(target)
