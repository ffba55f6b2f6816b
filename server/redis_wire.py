"""One connection to Redis for what every request asks of it: commands go out as they come.

redis-py opens it (address, TLS, password, database) and hiredis reads it; what is left out is
redis-py's pool and its layers, which cost a request more than Redis does (ADR 0018). Replies come
in the order of the commands, so a queue of futures is all the bookkeeping there is.
"""

import asyncio
from collections import deque
from typing import Any, cast

import hiredis
from redis.asyncio import Connection
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from server.config import settings

ANSWER_S = 0.5
"""How long Redis may take for an answer before the connection is given up."""
LOOK_EVERY_S = 5.0
SERVER_NAME = "catchup-server"
"""What Redis calls the connection of a process that serves requests."""

Argument = bytes | str | int


class Wire(asyncio.Protocol):
    """An open connection; it is never opened again once it is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: asyncio.StreamWriter) -> None:
        self._loop = loop
        self._writer = writer  # kept: it closes the socket when nobody refers to it
        self._transport = writer.transport
        self._reader = hiredis.Reader(protocolError=RedisConnectionError, replyError=_refused)
        self._asked: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._unsent: list[tuple[bytes, asyncio.Future[Any]]] = []
        self._flushing: asyncio.Handle | None = None
        self._is_alone = False
        self._looked_at = -LOOK_EVERY_S
        self._watch: asyncio.TimerHandle | None = None
        self._transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        """Say whether it takes commands."""
        return not self._transport.is_closing()

    def send(self, *command: Argument, later: bool = False) -> "asyncio.Future[Any]":
        """Send a command with all that are sent in this turn of the event loop; await its reply.

        `later`: it may wait for the next one, for `ANSWER_S`. The order stays what it is.

        Raises (from the future):
            ConnectionError, TimeoutError of redis.exceptions: nobody knows whether it was done.
            ResponseError: Redis refused it; NoScriptError is one.
        """
        answer: asyncio.Future[Any] = self._loop.create_future()
        # hiredis says that it takes a tuple of one.
        self._unsent.append((hiredis.pack_command(command), answer))  # type: ignore[arg-type]
        if not later and self._flushing is None:
            self._flushing = self._loop.call_soon(self._flush)
        if self._watch is None:
            self._watch = self._loop.call_later(ANSWER_S, self._look)
        return answer

    def is_alone(self) -> bool:
        """Say whether, a few seconds ago, no other process served requests with this Redis.

        False until that is known, and where Redis does not tell.
        """
        now = self._loop.time()
        if now - self._looked_at > LOOK_EVERY_S:
            self._looked_at = now
            self.send("CLIENT", "LIST", "TYPE", "NORMAL").add_done_callback(self._count)
        return self._is_alone

    def _count(self, answer: "asyncio.Future[Any]") -> None:
        told = not answer.cancelled() and answer.exception() is None
        self._is_alone = told and answer.result().count(f" name={SERVER_NAME} ".encode()) == 1

    def close(self) -> None:
        """Close it; who still waits gets a ConnectionError."""
        self._end(RedisConnectionError("the connection was closed"))

    def data_received(self, data: bytes) -> None:
        """Give each reply to who asked for it."""
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not False:
                _, answer = self._asked.popleft()
                _settle(answer, reply)
        except (RedisConnectionError, IndexError):
            self._end(RedisConnectionError("Redis answered what is no reply"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell those who wait."""
        self._end(RedisConnectionError("the connection was lost"))

    def pause_writing(self) -> None:
        """Go on: `_look` gives up a Redis that takes nothing."""

    def resume_writing(self) -> None:
        """Go on."""

    def eof_received(self) -> None:
        """Let the transport close itself."""

    def _flush(self) -> None:
        self._flushing = None
        if not self._unsent:
            return
        if not self.is_open:
            self._end(RedisConnectionError("the connection was lost"))
            return
        now = self._loop.time()
        self._asked.extend((now, answer) for _, answer in self._unsent)
        self._transport.write(b"".join([packed for packed, _ in self._unsent]))
        self._unsent.clear()

    def _look(self) -> None:
        """Send what waited; give the connection up when the oldest command waits too long."""
        self._watch = None
        self._flush()
        if not self._asked:
            return
        left_s = self._asked[0][0] + ANSWER_S - self._loop.time()
        if left_s > 0:
            self._watch = self._loop.call_later(left_s, self._look)
        else:
            self._end(RedisTimeoutError("Redis did not answer in time"))

    def _end(self, error: Exception) -> None:
        self._transport.abort()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        for _, answer in (*self._asked, *self._unsent):
            _settle(answer, error)
        self._asked.clear()
        self._unsent.clear()


def _settle(answer: "asyncio.Future[Any]", reply: Any) -> None:
    if answer.done():  # cancelled meanwhile
        return
    if isinstance(reply, Exception):
        answer.set_exception(reply)
        answer.exception()  # who does not ask is not told by the event loop either
    else:
        answer.set_result(reply)


def _refused(message: str) -> Exception:
    kind = NoScriptError if message.startswith("NOSCRIPT") else ResponseError
    return kind(message)


# A connection belongs to its event loop; a process has one, but for tests and commands.
_wires: dict[asyncio.AbstractEventLoop, Wire] = {}
_opening: dict[asyncio.AbstractEventLoop, "asyncio.Task[Wire]"] = {}


# Not empty in a process that serves requests.
_serves: list[bool] = []


def serve() -> None:
    """Say that this process serves requests from now on; before its first command."""
    _serves[:] = [True]


async def ask(*command: Argument) -> Any:
    """Return Redis's reply to a command: bytes, int, list or None.

    A command that is lost with its connection (Redis was restarted) is sent once more: all of
    ours may be done twice.

    Raises:
        redis.exceptions.RedisError: Redis is away, does not answer, or refused it.
    """
    try:
        return await (await _wire()).send(*command)
    except RedisConnectionError:
        return await (await _wire()).send(*command)


def send(*command: Argument, later: bool = False) -> "asyncio.Future[Any] | None":
    """Send a command and return the future of its reply; None when no connection is open.

    Redis gets it before anything that this process sends afterwards, to whomever; with `later`
    that holds for Redis alone, and it may take half a second: only in a process that serves
    requests, while no other does.
    """
    wire = _wires.get(asyncio.get_running_loop())
    if wire is None or not wire.is_open:
        return None
    return wire.send(*command, later=later and bool(_serves) and wire.is_alone())


async def close() -> None:
    """Close this event loop's connection and serve no more; the next command opens a new one."""
    _serves.clear()
    loop = asyncio.get_running_loop()
    wire = _wires.pop(loop, None)
    if wire is not None:
        wire.close()


async def _wire() -> Wire:
    loop = asyncio.get_running_loop()
    wire = _wires.get(loop)
    if wire is not None and wire.is_open:
        return wire
    opening = _opening.get(loop)
    if opening is None:
        opening = _opening[loop] = loop.create_task(_open(loop))
        opening.add_done_callback(_opened)
    return await asyncio.shield(opening)


def _opened(opening: "asyncio.Task[Wire]") -> None:
    _opening.pop(opening.get_loop(), None)
    if not opening.cancelled():
        opening.exception()  # told to those who wait; there may be none any more


async def _open(loop: asyncio.AbstractEventLoop) -> Wire:
    for closed in [each for each in _wires if each.is_closed()]:
        del _wires[closed]
    connection = _unopened()
    try:
        await connection.connect()  # type: ignore[no-untyped-call]
    except OSError as error:
        raise RedisConnectionError("Redis cannot be reached") from error
    # redis-py has no other way to hand it over; it is ours from now on.
    writer = cast(asyncio.StreamWriter, connection._writer)  # noqa: SLF001
    connection._reader = connection._writer = None  # noqa: SLF001
    wire = _wires[loop] = Wire(loop, writer)
    return wire


def _unopened() -> Connection:
    pool = ConnectionPool.from_url(
        settings().redis,
        client_name=SERVER_NAME if _serves else None,
        protocol=2,  # nothing comes that was not asked for
        socket_connect_timeout=ANSWER_S,
        socket_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 0),
    )
    return cast(Connection, pool.make_connection())  # type: ignore[no-untyped-call]
