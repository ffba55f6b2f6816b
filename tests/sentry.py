"""A Sentry on this machine, for what the real SDK sends."""

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from server import reporting


class Sentry:
    """Takes envelopes and keeps what was in them."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                packed = self.headers.get("Content-Encoding") == "gzip"
                received.append(gzip.decompress(body) if packed else body)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def dsn(self) -> str:
        return f"http://key@127.0.0.1:{self.server.server_port}/1"

    @property
    def bodies(self) -> list[str]:
        return [body.decode() for body in self.received]

    def events(self) -> list[dict[str, Any]]:
        """What arrived from this process, once everything has been sent."""
        reporting.stop()
        return [json.loads(body.splitlines()[2]) for body in self.bodies]


@contextmanager
def running_sentry() -> Iterator[Sentry]:
    """Run a Sentry for the time of the block."""
    sentry = Sentry()
    try:
        yield sentry
    finally:
        sentry.server.shutdown()
        sentry.server.server_close()
