"""The HTTP server in a process of its own, with a slow route; run by test_serve.py.

Run as `python -m tests.serve_process SOCKET`; settings come from the environment.
"""

import asyncio
import sys

from quart import Quart

from server import config, serve
from server.app import create_app


def make_app(settings: config.Settings) -> Quart:
    """The application, and a route that takes its time."""
    app = create_app(settings)

    @app.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(1.5)
        return "done"

    return app


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=serve.new_event_loop) as runner:
        runner.run(serve.serve(config.load(), bind=f"unix:{sys.argv[1]}", make_app=make_app))
