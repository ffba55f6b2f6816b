import os
import signal
import subprocess

import pytest

from server.embedded.orphans import Recorded, RunFile, running, stop_orphans
from server.embedded.urls import running_http_port


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.json"


def test_ports_are_remembered(path):
    RunFile(path).record_port("postgres", 23_456)

    assert RunFile(path).ports == {"postgres": 23_456}


def test_a_damaged_file_counts_as_empty(path):
    path.write_text('{"ports": {"postgres": "x"')

    assert RunFile(path).ports == {}


def test_the_file_is_for_its_owner_alone(path):
    RunFile(path).record_port("postgres", 23_456)

    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_process_of_the_last_run_is_stopped_by_its_own_signal(path, sleeper, said):
    RunFile(path).record_process("postgres", sleeper.pid, signal.SIGINT)

    await stop_orphans(RunFile(path), said.append)

    assert sleeper.wait(5) == -signal.SIGINT
    assert f"postgres (process {sleeper.pid})" in said[0]


async def test_a_stopped_process_is_forgotten(path, sleeper, said):
    RunFile(path).record_process("postgres", sleeper.pid, signal.SIGINT)

    await stop_orphans(RunFile(path), said.append)

    assert RunFile(path).processes == []


async def test_a_stranger_with_the_number_of_an_old_process_is_left_alone(path, sleeper, said):
    run_file = RunFile(path)
    run_file.record_process("postgres", sleeper.pid, signal.SIGINT)
    mine = run_file.processes[0]
    run_file.processes = [Recorded(mine.name, mine.pid, mine.started - 100, mine.stop_signal)]

    await stop_orphans(run_file, said.append)

    assert sleeper.poll() is None
    assert said == []


def test_a_process_that_ended_unnoticed_by_its_parent_does_not_run(path, sleeper):
    run_file = RunFile(path)
    run_file.record_process("postgres", sleeper.pid, signal.SIGINT)

    os.kill(sleeper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)

    assert running(run_file.processes[0]) is None


def test_another_command_finds_the_port_of_a_server_that_runs(path, sleeper):
    run_file = RunFile(path)
    run_file.record_port("server", 3977)
    before = running_http_port(path.parent)
    run_file.record_process("server", sleeper.pid, signal.SIGTERM)

    assert (before, running_http_port(path.parent)) == (None, 3977)
