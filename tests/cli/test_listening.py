"""Where the console looks for this machine's server."""

import os
import socket
from pathlib import Path
from signal import SIGTERM

import pytest

from server.cli import listening
from server.cli.listening import RUN, SOCKET, address
from server.embedded.orphans import RunFile
from tests.unprivileged import as_nobody

ROOT = Path(__file__).parents[2]


@pytest.fixture
def unit(tmp_path):
    """A socket that somebody listens on, as a unit's server does."""
    path = tmp_path / "http.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yield path


def test_without_a_unit_it_is_the_port(tmp_path):
    assert address(tmp_path, 4000, sockets=list) == "http://127.0.0.1:4000"


def test_a_unit_listens_on_its_socket(tmp_path, unit):
    assert address(tmp_path, 4000, sockets=lambda: [unit]) == f"unix:{unit}"


def test_a_socket_that_a_dead_server_left_is_passed_over(tmp_path, unit):
    left = tmp_path / "0.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(left))

    assert address(tmp_path, 4000, sockets=lambda: [left, unit]) == f"unix:{unit}"


def test_a_socket_that_we_may_not_open_is_named_so_that_who_connects_is_told(tmp_path, unit):
    unit.chmod(0)
    with as_nobody():
        assert address(tmp_path, 4000, sockets=lambda: [unit]) == f"unix:{unit}"


def test_one_that_answers_goes_before_one_that_we_may_not_open(tmp_path, unit, monkeypatch):
    closed = tmp_path / "0.sock"
    connect = listening._connect

    def refuse(path: Path) -> None:
        if path == closed:
            raise PermissionError
        connect(path)

    monkeypatch.setattr(listening, "_connect", refuse)

    assert address(tmp_path, 4000, sockets=lambda: [closed, unit]) == f"unix:{unit}"


def test_where_catchup_up_runs_it_is_meant(tmp_path, unit):
    RunFile(tmp_path / "run.json").record_process("server", os.getpid(), SIGTERM)

    assert address(tmp_path, 4000, sockets=lambda: [unit]) == "http://127.0.0.1:4000"


def test_the_units_listen_where_it_is_looked():
    unit = (ROOT / "systemd" / "catchup-server@.service").read_text()

    assert f"--bind unix:{RUN / '%i' / SOCKET}" in unit
