"""The one HTTP client: conditional GETs, limits of waiting, every failure as a sentence.

Import it after the first frame: it brings httpx2 along.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
from pydantic import BaseModel

from tui import way
from tui.connect.access import Lease
from tui.errors import ApiError, SignInEnded, Unreachable
from tui.replies import Params, Shape, error_of, query_of, read

# A slow line is no reason to give up, a dead one is.
TIMEOUT = httpx2.Timeout(15, connect=5)
# Replies kept for their ETag; a list that one scrolls through must not push the overview out.
MOST_REMEMBERED = 64
PREFIX = "/api/admin"
_CUT = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


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
        explain: Callable[[Unreachable], Unreachable] = lambda lost: lost,
        transport: httpx2.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        new_key: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self.lease = lease
        self.line = Line()
        self._url = lease.url
        self._renew = renew
        self._explain = explain
        self._clock = clock
        self._new_key = new_key
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._http = httpx2.AsyncClient(
            base_url=way.base(lease.url),
            transport=transport or way.transport(lease.url),
            timeout=TIMEOUT,
            verify=way.trusted(lease.url),
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
        query = query_of(params or {})
        place = (path, json.dumps(query, sort_keys=True))
        known = self._known.get(place)
        headers = {"If-None-Match": known.etag} if known else {}
        reply = await self._request("GET", path, params=query, headers=headers)
        if reply.status_code == 304 and known is not None and isinstance(known.value, shape):
            self.line.unchanged += 1
            self._known.move_to_end(place)
            return known.value
        value = read(reply, shape)
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
        return read(await self._act(method, path, body, wait), shape)

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
            raise self._lost(error) from None
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
            raise self._lost(error) from None
        self.line.answered_at = self._clock()
        self.line.trouble = None
        if reply.status_code >= 400:
            raise error_of(reply)
        return reply

    async def _twice(
        self, method: str, address: str, *, is_streamed: bool = False, **more: Any
    ) -> httpx2.Response:
        # A connection that idled may be cut as it is used again, so once more. That is safe: a
        # reading changes nothing, and an act carries a key by which it is done once.
        request = self._http.build_request(method, address, **more)
        try:
            return await self._answered(request, is_streamed)
        except (*_CUT, way.Unanswered):
            return await self._answered(request, is_streamed)

    async def _answered(self, request: httpx2.Request, is_streamed: bool) -> httpx2.Response:
        self.line.requests += 1
        try:
            reply = await self._http.send(request, stream=True)
        except _CUT as error:
            raise way.Unanswered from error
        if not is_streamed:
            try:
                await reply.aread()
            finally:
                await reply.aclose()
        return reply

    def _lost(self, error: Exception) -> Unreachable:
        lost = self._explain(way.unreachable(error, self._url))
        self.line.trouble = lost
        return lost
