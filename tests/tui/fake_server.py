"""An admin API on a loopback port: real HTTP, ETags, problems, and lines that are cut."""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Reply:
    """What to answer, bytes as they are; `cut`: break the line in the middle of it.

    `delay_s`: wait before.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay_s: float = 0.0


Handler = Callable[[Asked], Reply | BaseModel | Any]


def problem(status: int, code: str, detail: str, **headers: str) -> Reply:
    """Answer an error as the server does."""
    body = {"title": code, "status": status, "code": code, "detail": detail}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, body, {"Content-Type": "application/problem+json", **named})


class FakeServer:
    """Routes by method and path; `*` in a path stands for one segment."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Handler] = {}
        self.asked: list[Asked] = []
        self.bytes_out = 0
        self.url = ""
        self.hidden: Reply | None = None
        self.closes = False
        """Close each line without a word."""
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def on(self, path: str, answer: Handler | BaseModel | Reply | Any, method: str = "GET") -> None:
        """Answer `path` (below /api/admin unless it begins with /api) by a value or a function."""
        where = path if path.startswith("/api") else f"/api/admin{path}"
        self.routes[method, where] = answer if callable(answer) else lambda _: answer

    @property
    def writes(self) -> list[Asked]:
        """Every request that may have changed something."""
        return [one for one in self.asked if one.method != "GET"]

    async def start(self, path: Path | None = None) -> None:
        """Listen on a free port, or on a socket."""
        if path is not None:
            self._server = await asyncio.start_unix_server(self._serve, path)
            self.url = f"unix:{path}"
            return
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Stop listening and cut every line."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._lines.values()):
            writer.transport.abort()
        await asyncio.gather(*list(self._lines))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines[task] = writer
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            del self._lines[task]
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        if self.closes:
            return False
        url = urlsplit(target)
        asked = Asked(
            method, url.path, dict(parse_qsl(url.query)), headers, json.loads(raw) if raw else None
        )
        self.asked.append(asked)
        reply = self.hidden or self._answer(asked)
        await asyncio.sleep(reply.delay_s)
        data = _written(asked, reply)
        self.bytes_out += len(data)
        if reply.cut:
            writer.write(data[: len(data) - 10])
            await writer.drain()
            return False
        writer.write(data)
        await writer.drain()
        return True

    def _answer(self, asked: Asked) -> Reply:
        for (method, path), handler in self.routes.items():
            if method == asked.method and _fits(path, asked.path):
                answer = handler(asked)
                return answer if isinstance(answer, Reply) else Reply(body=answer)
        return problem(404, "not_found", "There is no such object.")


def _fits(pattern: str, path: str) -> bool:
    ours, theirs = pattern.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(
        a in ("*", b) for a, b in zip(ours, theirs, strict=False)
    )


def _written(asked: Asked, reply: Reply) -> bytes:
    body = reply.body
    if isinstance(body, BaseModel):
        body = body.model_dump(mode="json")
    if not isinstance(body, bytes):
        body = b"" if body is None else json.dumps(body).encode()
    data: bytes = body
    status, headers = reply.status, {"Content-Type": "application/json", **reply.headers}
    if asked.method == "GET" and status == 200:
        headers["ETag"] = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == headers["ETag"]:
            status, data = 304, b""
    lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in headers.items())]
    if status not in {204, 304}:
        lines.append(f"Content-Length: {len(data)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data
