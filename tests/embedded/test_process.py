import asyncio
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from server.embedded import process
from server.embedded.orphans import is_alive
from server.embedded.process import LONGEST_LINE_BYTES, Command, Process

STOP = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
SLEEP = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def start(tmp_path, said):
    """Start a Python program that is stopped when the test ends."""
    started = []

    async def call(code: str, *, stdin: bytes = b"", wait_for: str | None = None) -> Process:
        command = Command([sys.executable, "-c", code], {}, tmp_path, signal.SIGTERM, None, stdin)
        child = Process(command, said.append)
        started.append(child)
        while wait_for is not None and wait_for not in said:
            await asyncio.sleep(0.01)
        return child

    yield call
    for child in started:
        if child.code is None:
            os.killpg(child.pid, signal.SIGKILL)


async def test_each_line_is_passed_on(start, said):
    child = await start("import sys; print('one'); print('two', file=sys.stderr)")

    await child.wait()

    assert sorted(said) == ["one", "two"]


async def test_a_last_line_without_an_end_is_passed_on(start, said):
    child = await start("print('one', end='')")

    await child.wait()

    assert said == ["one"]


async def test_an_endless_line_is_passed_on_in_parts(start, said):
    child = await start(f"print('x' * {3 * LONGEST_LINE_BYTES})")

    await child.wait()

    assert "".join(said) == "x" * 3 * LONGEST_LINE_BYTES
    assert len(said) > 1


async def test_a_muted_child_is_read_but_not_passed_on(start, said):
    child = await start("import time; time.sleep(0.1); print('one')")
    child.muted = True

    await child.wait()

    assert (said, list(child.last_lines)) == ([], ["one"])


async def test_the_exit_code_is_told(start):
    child = await start("raise SystemExit(3)")

    assert await child.wait() == 3


async def test_the_child_inherits_nothing_but_its_environment(start, said, monkeypatch):
    monkeypatch.setenv("ENCRYPTION_KEY", "secret")
    child = await start("import os; print('ENCRYPTION_KEY' in os.environ)")

    await child.wait()

    assert said == ["False"]


async def test_standard_input_is_handed_over(start, said):
    child = await start("print(input())", stdin=b"password\n")

    await child.wait()

    assert said == ["password"]


async def test_the_child_is_in_a_session_of_its_own(start):
    child = await start(SLEEP)

    assert os.getsid(child.pid) == child.pid


async def test_stopping_asks_politely_first(start):
    child = await start(SLEEP, wait_for="up")

    await child.stop(STOP)

    assert child.code == -signal.SIGTERM


async def test_a_child_that_ignores_the_first_signal_gets_the_next(start):
    ignoring = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"
    child = await start(ignoring, wait_for="up")

    await child.stop(((signal.SIGTERM, 0.1), (signal.SIGKILL, 5.0)))

    assert child.code == -signal.SIGKILL


async def test_what_a_killed_child_had_started_ends_with_it(start, said):
    child = await start(
        "import subprocess, time; p = subprocess.Popen(['sleep', '60']); "
        "print(p.pid, flush=True); time.sleep(60)"
    )
    while not said:
        await asyncio.sleep(0.01)
    grandchild = psutil.Process(int(said[0]))

    os.kill(child.pid, signal.SIGKILL)
    await child.wait()

    async with asyncio.timeout(5):
        while is_alive(grandchild):
            await asyncio.sleep(0.01)


@pytest.mark.skipif(process._setpriv() is None, reason="needs Linux and util-linux' setpriv")
def test_the_child_is_told_when_the_launcher_is_killed(tmp_path):
    code = (
        "import asyncio, signal, sys\n"
        "from pathlib import Path\n"
        "from server.embedded.process import Command, Process\n"
        "async def main():\n"
        "    command = Command(['sleep', '60'], {}, Path('/'), signal.SIGINT)\n"
        "    print(Process(command, print).pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    launcher = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert launcher.stdout
    child = psutil.Process(int(launcher.stdout.readline()))

    launcher.kill()
    launcher.communicate()

    deadline = time.monotonic() + 5
    while is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.02)


async def test_a_program_that_is_not_there_cannot_be_started(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "_setpriv", lambda: None)

    with pytest.raises(FileNotFoundError):
        Process(Command(["/nowhere"], {}, tmp_path, signal.SIGTERM), print)
