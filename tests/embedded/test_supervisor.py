import asyncio
import os
import signal
import subprocess
import sys
from subprocess import PIPE

import pytest

from server.embedded import supervisor as supervision
from server.embedded.child import Launcher, Program
from server.embedded.errors import EmbeddedError
from server.embedded.orphans import RunFile
from server.embedded.supervisor import Supervisor, run_until_signal

SLEEP = "import time; print('up', flush=True); time.sleep(60)"


@pytest.fixture
def launcher(tmp_path, said):
    return Launcher(RunFile(tmp_path / "run.json"), said.append)


@pytest.fixture
async def supervisor(said, monkeypatch):
    monkeypatch.setattr(supervision, "FIRST_PAUSE_S", 0.05)
    supervisor = Supervisor(said.append)
    yield supervisor
    await supervisor.stop()


@pytest.fixture
def program(launcher, tmp_path):
    def make(name="server", code=SLEEP, is_ready=None):
        argv = [sys.executable, "-c", code]
        return Program(launcher, name, argv, environment={}, folder=tmp_path, is_ready=is_ready)

    return make


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_killed_program_is_started_again_and_that_is_said(supervisor, program, said):
    server = program()
    await supervisor.start(server)
    first = server.pid

    os.kill(first, signal.SIGKILL)
    await until(lambda: server.pid not in (None, first))

    assert "server was ended by SIGKILL; starting it again in 0.05 s." in said


async def test_a_program_that_ends_well_is_started_again_too(supervisor, program, said):
    await supervisor.start(program(code="pass"))

    await until(lambda: said.count("server runs again.") > 1)

    assert any(line.startswith("server ended with code 0;") for line in said)


async def test_the_pause_doubles_while_a_program_keeps_falling(supervisor, program, said):
    await supervisor.start(program(code="pass"))

    await until(lambda: any("in 0.2 s" in line for line in said))

    pauses = [line.split()[-2] for line in said if "starting it again" in line]
    assert pauses[:3] == ["0.05", "0.1", "0.2"]


async def test_lines_carry_the_name_of_the_program(supervisor, program, said):
    await supervisor.start(program("worker"))

    await until(lambda: "worker   | up" in said)


async def test_a_program_is_started_when_it_is_ready(supervisor, program):
    answers = iter([False, False, True])

    async def is_ready():
        return next(answers)

    await supervisor.start(program(is_ready=is_ready))

    assert next(answers, None) is None


async def test_a_program_that_ends_before_it_is_ready_fails_with_its_last_words(
    supervisor, program
):
    async def never():
        return False

    with pytest.raises(EmbeddedError, match="server did not start: no such setting"):
        await supervisor.start(program(code="print('no such setting')", is_ready=never))


async def test_all_are_stopped_the_last_started_first(supervisor, program, said):
    farewell = (
        "import signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "print('up', flush=True)\n"
        "signal.sigwait({signal.SIGTERM})\n"
        "print('bye', flush=True)\n"
    )
    for name in ("server", "worker"):
        await supervisor.start(program(name, farewell))
    await until(lambda: {"server   | up", "worker   | up"} <= set(said))

    await supervisor.stop()

    assert [line for line in said if "bye" in line] == ["worker   | bye", "server   | bye"]


async def test_a_stopped_program_is_not_started_again(supervisor, program, said):
    server = program()
    await supervisor.start(server)

    await supervisor.stop()

    assert server.pid is None
    assert not any("again" in line for line in said)


async def test_running_programs_are_recorded_and_stopped_ones_forgotten(
    supervisor, program, launcher
):
    server = program()
    await supervisor.start(server)
    recorded = [(process.name, process.pid) for process in launcher.run_file.processes]
    pid = server.pid

    await supervisor.stop()

    assert recorded == [("server", pid)]
    assert launcher.run_file.processes == []


async def test_a_program_that_is_not_there_is_named(launcher, tmp_path, monkeypatch):
    monkeypatch.setattr("server.embedded.process._setpriv", lambda: None)
    program = Program(launcher, "server", ["/nowhere"], environment={}, folder=tmp_path)

    with pytest.raises(EmbeddedError, match="Cannot start /nowhere: No such file"):
        await program.start()


# A run under nohup would hand its deafness to SIGHUP down to the program.
SIGNALLED = """
import asyncio, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from server.embedded.supervisor import run_until_signal

async def body():
    try:
        print("up")
        await asyncio.sleep(60)
    finally:
        await asyncio.to_thread(sys.stdin.readline)
        print("clean")

sys.exit(run_until_signal(body(), print))
"""


@pytest.fixture
def signalled():
    """A program that runs until a signal, and then cleans up until it is sent a line."""
    argv = [sys.executable, "-u", "-c", SIGNALLED]
    with subprocess.Popen(argv, stdin=PIPE, stdout=PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_body_after_its_clean_up(signalled, number):
    signalled.send_signal(number)
    assert signalled.stdout.readline() == f"Stopping ({number.name}).\n"

    signalled.stdin.write("\n")
    signalled.stdin.flush()

    assert signalled.stdout.read() == "clean\n"
    assert signalled.wait(10) == 128 + number


def test_an_impatient_second_signal_does_not_cut_the_clean_up_short(signalled):
    signalled.send_signal(signal.SIGINT)
    signalled.stdout.readline()

    signalled.send_signal(signal.SIGINT)
    signalled.stdin.write("\n")
    signalled.stdin.flush()

    assert signalled.stdout.read() == "clean\n"


def test_a_body_that_ends_by_itself_gives_0():
    async def body():
        await asyncio.sleep(0)

    assert run_until_signal(body(), print) == 0
