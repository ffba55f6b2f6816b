"""`kill -9` of anything, then going on: nothing that was acknowledged is lost."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress

import asyncpg
import psutil
import pytest
import redis.asyncio

from server.embedded.errors import EmbeddedError
from server.embedded.orphans import RunFile, running
from server.embedded.services import EmbeddedServices
from tests.embedded.conftest import ignore
from tests.private_services import KILL_PROOF


def start(home, *, say=ignore, mode="auto"):
    return EmbeddedServices(home, say=say, mode=mode, settings=KILL_PROOF)


def urls_of(services):
    return {"superuser_url": services.urls.superuser_url, "redis_url": services.urls.redis_url}


@asynccontextmanager
async def connected(urls):
    """Give a superuser's connection and a Redis client, retrying while the services come up."""
    async with asyncio.timeout(15):
        while True:
            try:
                database = await asyncpg.connect(urls["superuser_url"])
                break
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
    client = redis.asyncio.from_url(urls["redis_url"], decode_responses=True)
    try:
        yield database, client
    finally:
        await client.aclose()
        await database.close()


async def write(urls):
    async with connected(urls) as (database, client):
        await database.execute("DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS id")
        await client.set("kept", "value")


async def read(urls):
    async with connected(urls) as (database, client):
        return await database.fetchval("SELECT id FROM kept"), await client.get("kept")


def pid_of(home, name):
    processes = RunFile(home / "run.json").processes
    return next(process.pid for process in processes if process.name == name)


async def until(condition):
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture
def launch():
    """Run the launcher in a process of its own; give it and its URLs."""
    started = []

    def call(home, *options):
        argv = [sys.executable, "-m", "tests.embedded.launcher", str(home), "auto", *options]
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        return process, json.loads(process.stdout.readline())

    yield call
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.parametrize("mode", ["system", "wheel"])
@pytest.mark.parametrize("name", ["postgres", "redis"])
async def test_a_killed_service_comes_back_with_its_data(home_of, said, mode, name):
    home = await home_of(mode)
    async with start(home, say=said.append, mode=mode) as services:
        urls = urls_of(services)
        await write(urls)

        os.kill(pid_of(home, name), signal.SIGKILL)
        await until(lambda: f"{name} runs again." in said)

        assert await read(urls) == (7, "value")


@pytest.mark.parametrize("options", [(), ("without-setpriv",)])
async def test_after_a_killed_launcher_the_next_start_has_the_data(home, launch, options):
    launcher, urls = launch(home, *options)
    await write(urls)

    launcher.kill()
    launcher.wait()

    async with start(home) as services:
        assert await read(urls_of(services)) == (7, "value")


async def test_what_a_killed_launcher_left_is_stopped_by_the_next_start(home, launch, said):
    launcher, _ = launch(home, "without-setpriv")
    left = RunFile(home / "run.json").processes
    launcher.kill()
    launcher.wait()
    assert all(running(process) for process in left)

    async with start(home, say=said.append):
        assert not any(running(process) for process in left)

    assert [line.split("(")[0] for line in said] == ["Stopping redis ", "Stopping postgres "]


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell the children")
async def test_a_killed_launcher_takes_its_services_along(home, launch):
    launcher, _ = launch(home)
    processes = RunFile(home / "run.json").processes

    launcher.kill()
    launcher.wait()

    await until(lambda: not any(running(process) for process in processes))


async def test_after_everything_was_killed_at_once_the_next_start_has_the_data(home, launch):
    launcher, urls = launch(home)
    await write(urls)
    async with connected(urls) as (database, _):
        # A backend that is too busy to notice that its server is gone.
        busy = asyncio.create_task(database.execute("SELECT count(*) FROM generate_series(1, 1e9)"))
        await asyncio.sleep(0.2)

        for pid in (launcher.pid, pid_of(home, "postgres"), pid_of(home, "redis")):
            os.kill(pid, signal.SIGKILL)
        launcher.wait()

        async with start(home) as services:
            assert await read(urls_of(services)) == (7, "value")
        with suppress(OSError, asyncpg.PostgresError):
            await busy


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_all_and_leaves_nothing(home, launch, number):
    launcher, _ = launch(home)
    children = psutil.Process(launcher.pid).children(recursive=True)

    launcher.send_signal(number)
    code = await asyncio.to_thread(launcher.wait, 30)

    assert code == 128 + number
    assert not any(child.is_running() for child in children)
    assert RunFile(home / "run.json").processes == []


async def test_a_start_beside_another_process_is_refused_naming_that(home, launch):
    launcher, _ = launch(home)

    with pytest.raises(EmbeddedError, match=f"in use by process {launcher.pid}, running since"):
        async with start(home):
            pass
