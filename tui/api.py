"""The one HTTP client: conditional GETs, limits of waiting, every failure as a sentence.

Import it after the first frame: it brings httpx2 along.
"""

import json
import ssl
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx2
from pydantic import BaseModel, ValidationError

from tui.connect.access import Lease
from tui.errors import ApiError, NotOurs, SignInEnded, Unreachable, of_status

Shape = TypeVar("Shape", bound=BaseModel)
Params = Mapping[str, object]

# How the console names a server that listens on a socket: `unix:PATH`.
UNIX = "unix:"
# A slow line is no reason to give up, a dead one is.
TIMEOUT = httpx2.Timeout(15, connect=5)
# Replies kept for their ETag; a list that one scrolls through must not push the overview out.
MOST_REMEMBERED = 64
PREFIX = "/api/admin"
_AWAY = "It is tried again by itself; below is what was last known."


@dataclass
class Line:
    """How the line to the server is: for the status line and the tests of traffic."""

    answered_at: float | None = None
    """Monotonic seconds of the last answer of any kind."""
    trouble: ApiError | None = None
    """Why the last request got none."""
    requests: int = 0
    unchanged: int = 0
    """Of them, answered 304."""


@dataclass
class _Known:
    etag: str
    value: BaseModel


class AdminApi:
    """Requests to one server, with one lease; `tui/calls/` gives each route its types.

    A GET whose reply has not changed returns the same object as before: `is` tells news.
    """

    def __init__(
        self,
        lease: Lease,
        *,
        renew: Callable[[], Awaitable[Lease]] | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        new_key: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self.lease = lease
        self.line = Line()
        self._renew = renew
        self._clock = clock
        self._new_key = new_key
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._http = httpx2.AsyncClient(
            base_url=_base(lease.url),
            transport=transport or _transport(lease.url),
            timeout=TIMEOUT,
            verify=_trusted(lease.url),
            trust_env=False,
            headers={"Accept-Encoding": "gzip"},
        )

    async def get(self, path: str, shape: type[Shape], params: Params | None = None) -> Shape:
        """Read `path` (below /api/admin) into `shape`.

        Parameters that are None are left out; fields that `shape` does not know are ignored, so
        that a newer server can be looked at.

        Raises:
            ApiError: one of tui.errors.
        """
        query = _query(params or {})
        place = (path, json.dumps(query, sort_keys=True))
        known = self._known.get(place)
        headers = {"If-None-Match": known.etag} if known else {}
        reply = await self._request("GET", path, params=query, headers=headers)
        if reply.status_code == 304 and known is not None and isinstance(known.value, shape):
            self.line.unchanged += 1
            self._known.move_to_end(place)
            return known.value
        value = _read(reply, shape)
        if etag := reply.headers.get("ETag"):
            self._known[place] = _Known(etag, value)
            while len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return value

    async def act(
        self,
        method: str,
        path: str,
        shape: type[Shape],
        body: BaseModel | Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Shape:
        """Do something below /api/admin, once: a cut line is asked again with the same key.

        `timeout_s`: how long to wait for an answer that takes its time.

        Raises:
            ApiError: one of tui.errors.
        """
        wait = TIMEOUT if timeout_s is None else httpx2.Timeout(timeout_s, connect=TIMEOUT.connect)
        return _read(await self._act(method, path, body, wait), shape)

    async def do(
        self, method: str, path: str, body: BaseModel | Mapping[str, Any] | None = None
    ) -> None:
        """Do something that answers nothing (204); raises as `act`."""
        await self._act(method, path, body)

    async def download(
        self,
        path: str,
        body: Mapping[str, Any],
        into: Callable[[bytes], object],
        *,
        timeout_s: float,
    ) -> None:
        """Do something below /api/admin (POST) that answers a file: its parts go to `into`.

        `timeout_s`: how long to wait for a part. After an error what `into` has is not whole.

        Raises:
            ApiError: one of tui.errors. What `into` raises.
        """
        wait = httpx2.Timeout(timeout_s, connect=TIMEOUT.connect)
        reply = await self._act("POST", path, body, wait, is_streamed=True)
        try:
            async for part in reply.aiter_bytes():
                into(part)
        except httpx2.HTTPError as error:
            self.line.trouble = lost = _unreachable(error)
            raise lost from None
        finally:
            await reply.aclose()

    def forget(self) -> None:
        """Forget every reply, so that the next reading brings all."""
        self._known.clear()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _act(
        self,
        method: str,
        path: str,
        body: BaseModel | Mapping[str, Any] | None,
        wait: httpx2.Timeout = TIMEOUT,
        *,
        is_streamed: bool = False,
    ) -> httpx2.Response:
        if isinstance(body, BaseModel):
            body = body.model_dump(mode="json", exclude_unset=True)
        return await self._request(
            method,
            path,
            json=dict(body) if body is not None else None,
            headers={"Idempotency-Key": self._new_key()},
            timeout=wait,
            is_streamed=is_streamed,
        )

    async def _request(
        self, method: str, path: str, *, headers: dict[str, str], **more: Any
    ) -> httpx2.Response:
        try:
            return await self._once(method, path, headers=headers, **more)
        except SignInEnded:
            if self._renew is None:
                raise
            self.lease = await self._renew()
            return await self._once(method, path, headers=headers, **more)

    async def _once(
        self, method: str, path: str, *, headers: dict[str, str], **more: Any
    ) -> httpx2.Response:
        headers["Authorization"] = f"Bearer {self.lease.token}"
        address = PREFIX + path
        try:
            reply = await self._twice(method, address, headers=headers, **more)
            if reply.status_code >= 400:
                await reply.aread()
        except (httpx2.HTTPError, OSError) as error:
            self.line.trouble = lost = _unreachable(error)
            raise lost from None
        self.line.answered_at = self._clock()
        self.line.trouble = None
        if reply.status_code >= 400:
            raise _error(reply)
        return reply

    async def _twice(
        self, method: str, address: str, *, is_streamed: bool = False, **more: Any
    ) -> httpx2.Response:
        # A connection that idled may be cut as it is used again, so once more. That is safe: a
        # reading changes nothing, and an act carries a key by which it is done once.
        request = self._http.build_request(method, address, **more)
        self.line.requests += 1
        try:
            return await self._http.send(request, stream=is_streamed)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            self.line.requests += 1
            return await self._http.send(request, stream=is_streamed)


def _base(url: str) -> str:
    return "http://localhost" if url.startswith(UNIX) else url


def _transport(url: str) -> httpx2.AsyncBaseTransport | None:
    """Return what leads to a socket of this machine; None: httpx's own."""
    return httpx2.AsyncHTTPTransport(uds=url.removeprefix(UNIX)) if url.startswith(UNIX) else None


def _trusted(url: str) -> ssl.SSLContext:
    """Return whom a line to `url` believes: what httpx would; nobody where there is no TLS.

    The world's certificates take 3 MB, which a line within the machine has no use for.
    """
    if url.startswith(("http://", UNIX)):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx2.create_ssl_context(trust_env=False)


def _unreachable(error: Exception) -> Unreachable:
    if isinstance(error, httpx2.ConnectTimeout | httpx2.ConnectError):
        return Unreachable("The server cannot be reached.", _AWAY, "unreachable")
    if isinstance(error, httpx2.TimeoutException):
        return Unreachable("The server took too long to answer.", _AWAY, "timeout")
    return Unreachable("The line was cut before the answer was complete.", _AWAY, "cut")


def _error(reply: httpx2.Response) -> ApiError:
    try:
        problem = reply.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    detail = str(problem.get("detail", ""))
    fields = problem.get("errors")
    if isinstance(fields, list):
        detail = " ".join([detail, *map(_field, fields[:3])])
    wait = reply.headers.get("Retry-After", "")
    return of_status(
        reply.status_code,
        str(problem.get("code", "")),
        detail,
        float(wait) if wait.isdigit() else None,
    )


def _field(error: object) -> str:
    return f"{error.get('field')}: {error.get('message')}." if isinstance(error, dict) else ""


def _read(reply: httpx2.Response, shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate_json(reply.content, extra="ignore")
    except ValidationError:
        raise NotOurs(
            "The server's answer was not understood.",
            "Is this dashboard older than the server? `catchup --version` says.",
            "not_understood",
            reply.status_code,
        ) from None


def _query(params: Params) -> dict[str, str]:
    return {name: _text(value) for name, value in params.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | int | float | str):
        return str(value)
    raise TypeError(f"cannot ask for {type(value).__name__}")
