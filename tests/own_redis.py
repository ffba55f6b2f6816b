"""A Redis of one test, which may stop or kill it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from server.embedded.binaries import Mode, choose_redis
from server.embedded.ports import LOOPBACK, choose_port

WAIT_S = 10


class OwnRedis:
    """A Redis that forgets everything when it ends."""

    def __init__(self, folder: Path) -> None:
        mode = cast(Mode, os.environ.get("CATCHUP_EMBEDDED", "auto"))
        self.port = choose_port(None)
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self._command = [
            *(str(choose_redis(mode).path), "--bind", LOOPBACK, "--port", str(self.port)),
            *("--save", "", "--dir", str(folder), "--loglevel", "warning"),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_S
        while True:
            try:
                socket.create_connection((LOOPBACK, self.port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, "Redis did not start"
                time.sleep(0.02)
            else:
                return

    def send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def own_redis(folder: Path) -> Iterator[OwnRedis]:
    """Run one for the time of the block."""
    redis = OwnRedis(folder)
    redis.start()
    try:
        yield redis
    finally:
        redis.kill()
