"""The one HTTP client: conditional GETs, limits of waiting, every failure as a sentence.

Import it after the first frame: it brings pydantic along.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, ValidationError

from tui.connect.access import Lease
from tui.errors import ApiError, Cut, NotOurs, SignInEnded, Unreachable, of_status
from tui.http import LIMIT_S, Http, Reply

Shape = TypeVar("Shape", bound=BaseModel)
Params = Mapping[str, object]

# Replies kept for their ETag; a list that one scrolls through must not push the overview out.
MOST_REMEMBERED = 64
PREFIX = "/api/admin"


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
        clock: Callable[[], float] = time.monotonic,
        new_key: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        self.lease = lease
        self.line = Line()
        self._renew = renew
        self._clock = clock
        self._new_key = new_key
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._http = Http(lease.url)

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
        if reply.status == 304 and known is not None and isinstance(known.value, shape):
            self.line.unchanged += 1
            self._known.move_to_end(place)
            return known.value
        value = _read(reply, shape)
        if etag := reply.headers.get("etag"):
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
        timeout_s: float = LIMIT_S,
    ) -> Shape:
        """Do something below /api/admin, once: a cut line is asked again with the same key.

        `timeout_s`: how long to wait for an answer that takes its time.

        Raises:
            ApiError: one of tui.errors.
        """
        return _read(await self._act(method, path, body, timeout_s=timeout_s), shape)

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
        await self._act("POST", path, body, timeout_s=timeout_s, into=into)

    def forget(self) -> None:
        """Forget every reply, so that the next reading brings all."""
        self._known.clear()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _act(
        self,
        method: str,
        path: str,
        body: BaseModel | Mapping[str, Any] | None,
        **more: Any,
    ) -> Reply:
        if isinstance(body, BaseModel):
            body = body.model_dump(mode="json", exclude_unset=True)
        data = None if body is None else dict(body)
        headers = {"Idempotency-Key": self._new_key()}
        return await self._request(method, path, body=data, headers=headers, **more)

    async def _request(
        self, method: str, path: str, *, headers: dict[str, str], **more: Any
    ) -> Reply:
        try:
            return await self._once(method, path, headers=headers, **more)
        except SignInEnded:
            if self._renew is None:
                raise
            self.lease = await self._renew()
            return await self._once(method, path, headers=headers, **more)

    async def _once(self, method: str, path: str, *, headers: dict[str, str], **more: Any) -> Reply:
        headers["Authorization"] = f"Bearer {self.lease.token}"
        try:
            reply = await self._twice(method, PREFIX + path, headers=headers, **more)
        except Unreachable as error:
            self.line.trouble = error
            raise
        self.line.answered_at = self._clock()
        self.line.trouble = None
        if reply.status >= 400:
            raise _error(reply)
        return reply

    async def _twice(self, method: str, address: str, **more: Any) -> Reply:
        # A connection that idled may be cut as it is used again, so once more. That is safe: a
        # reading changes nothing, and an act carries a key by which it is done once. Only what is
        # handed on in parts cannot be taken back.
        self.line.requests += 1
        try:
            return await self._http.send(method, address, **more)
        except Cut:
            if "into" in more:
                raise
            self.line.requests += 1
            return await self._http.send(method, address, **more)


def _error(reply: Reply) -> ApiError:
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
    wait = reply.headers.get("retry-after", "")
    return of_status(
        reply.status,
        str(problem.get("code", "")),
        detail,
        float(wait) if wait.isdigit() else None,
    )


def _field(error: object) -> str:
    return f"{error.get('field')}: {error.get('message')}." if isinstance(error, dict) else ""


def _read(reply: Reply, shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate_json(reply.body, extra="ignore")
    except ValidationError:
        raise NotOurs(
            "The server's answer was not understood.",
            "Is this dashboard older than the server? `catchup --version` says.",
            "not_understood",
            reply.status,
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
