"""The HTTP server process: Hypercorn in this process, stopping only after what it has begun."""

import asyncio
import gc
import logging
from collections.abc import Callable

import structlog
from hypercorn.asyncio.run import worker_serve
from hypercorn.config import Config, Sockets
from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from hypercorn.utils import wrap_app
from quart import Quart

from server import redis_wire, transport, versions
from server.app import create_app
from server.config import Settings
from server.errors import Conflict

GRACE_S = 20.0
"""How long requests that have begun may go on after SIGTERM."""

COLLECT_AFTER = 10_000
"""New objects after which the garbage collector looks at them."""

log = structlog.get_logger()


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's event loop, or Python's where there is no uvloop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def serve(
    settings: Settings, *, bind: str, make_app: Callable[[Settings], Quart] = create_app
) -> None:
    """Serve HTTP on `HOST:PORT` or `unix:PATH` until SIGTERM or SIGINT.

    Raises:
        Conflict: `address_in_use`: `bind` cannot be listened on.
        SettingsError: the master key is missing or wrong, or an address is.
        OSError, asyncpg.PostgresError: the database cannot be used.
    """
    app, config = make_app(settings), server_config(bind)
    sockets = _listen(config, bind)
    await app.startup()  # here, not in Hypercorn: its errors would lose their class
    _collect_less()
    transport.use()
    redis_wire.serve()
    versions.start()
    try:
        log.info("server.started", bind=bind)
        await worker_serve(wrap_app(_Requests(app), 0, "asgi"), config, sockets=sockets)
        log.info("server.stopped")
    finally:
        await app.shutdown()


def _collect_less() -> None:
    """Spare the garbage collector what stays anyway.

    It would look at half a million objects of modules and models again and again, and start after
    700 new ones, of which a list of 100 contacts has more: a tenth of each request's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


class _Requests:
    """The app without its start and stop, which `serve` sees to."""

    def __init__(self, app: Quart) -> None:
        self.app = app

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)


def server_config(bind: str) -> Config:
    """Return Hypercorn's settings for the product."""
    config = Config()
    config.bind = [bind]
    config.graceful_timeout = GRACE_S
    config.accesslog = None  # app.py logs requests, by their route
    config.errorlog = logging.getLogger("hypercorn.error")
    config.include_server_header = False
    return config


def _listen(config: Config, bind: str) -> Sockets:
    try:
        return config.create_sockets()
    except OSError as error:
        raise Conflict(
            f"{bind} cannot be listened on ({error.strerror}); choose another with PORT or --bind.",
            code="address_in_use",
        ) from None
