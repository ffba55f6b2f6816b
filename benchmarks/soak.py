"""The server under the load of a long day: memory, latency, failures.

`python -m benchmarks soak` takes half an hour, `soak=120` two minutes, which says less of memory.
"""

import asyncio
import json
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from pathlib import Path
from typing import Any

from benchmarks import api, data, load, processes, serving, stage
from benchmarks.figures import Figure
from benchmarks.load import Connection
from tests.private_services import temporary_folder

DURATION_S = 1_800
PER_SECOND = 100
CLIENTS = 8
GROWTH_MB = 5
SPREAD = 5
# Caches and pools are full by then; what is held later than that has leaked.
WARM = 0.1
REFRESH_S = 300
SAMPLE_S = 5
# What twenty requests are, by the names below: people read more than they write.
MIX = (
    "list", "one", "unchanged", "list", "suggestions", "unchanged", "one", "create", "list", "one",
    "patch", "list", "unchanged", "feed", "list", "groups", "unchanged", "delete", "one", "patch",
)  # fmt: skip


def run(duration_s: int = DURATION_S) -> list[Figure]:
    """Load a fresh server for so long."""
    return asyncio.run(_run(duration_s))


async def _run(duration_s: int) -> list[Figure]:
    async with stage.stage() as environment:
        seeded = await stage.measure(environment, "benchmarks.soak")
        with temporary_folder() as folder:
            async with serving.product(environment, Path(folder)) as server:
                return await asyncio.to_thread(_load, server, seeded, duration_s)


@dataclass(slots=True)
class _Shared:
    """What all clients know, and what they found."""

    port: int
    contact_ids: list[str]
    token: str
    refresh_token: str
    feed: str
    begun: float
    until: float
    taken_s: list[tuple[float, float]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class _Client:
    """One client: its own connection, its turn at every so many requests."""

    def __init__(self, shared: _Shared, number: int) -> None:
        self.shared = shared
        self.number = number
        self.etag = '"none"'
        self.made: list[str] = []
        self.contacts = cycle(shared.contact_ids[number::CLIENTS])
        self.connection = Connection(shared.port)

    def run(self) -> None:
        """Send requests when they are due until the end; a late one counts from when it was due."""
        shared, mix = self.shared, cycle(MIX[self.number :] + MIX[: self.number])
        for number in count(self.number, CLIENTS):
            due = shared.begun + number / PER_SECOND
            if due >= shared.until:
                return
            time.sleep(max(0.0, due - time.perf_counter()))
            self._send(next(mix), due)

    def _send(self, name: str, due: float) -> None:
        method, path, body, headers, wanted = self._plan(name)
        request = load.request(method, path, self.shared.headers() | headers, body)
        try:
            reply = self.connection.send(request)
        except OSError as error:
            self.shared.failures.append(f"{name}: {type(error).__name__}")
            self.connection.reopen()
            return
        self.shared.taken_s.append((due, time.perf_counter() - due))
        if reply.status not in wanted:
            self.shared.failures.append(f"{name}: {reply.status} {reply.body[:200]!r}")
        elif name == "create":
            self.made.append(json.loads(reply.body)["id"])
        elif name == "unchanged":
            self.etag = reply.header("ETag") or self.etag

    def _plan(self, name: str) -> tuple[str, str, bytes, dict[str, str], tuple[int, ...]]:
        contact = f"/api/contacts/{next(self.contacts)}"
        number = next(self.shared.numbers)
        if name == "create":
            return "POST", "/api/contacts", _body(api.NEW | {"name": f"Ana {number}"}), {}, (201,)
        if name == "delete" and self.made:
            return "DELETE", f"/api/contacts/{self.made.pop()}", b"", {}, (204,)
        if name == "patch":
            return "PATCH", contact, _body({"nickname": f"Ani {number}"}), {}, (200,)
        path = {
            "list": "/api/contacts?limit=100",
            "unchanged": "/api/contacts?limit=50",
            "suggestions": "/api/suggestions",
            "groups": "/api/groups",
            "feed": self.shared.feed,
        }.get(name, contact)
        headers = {"If-None-Match": self.etag} if name == "unchanged" else {}
        return "GET", path, b"", headers, (200, 304) if headers else (200,)


def _load(server: serving.Serving, seeded: dict[str, Any], duration_s: int) -> list[Figure]:
    begun = time.perf_counter()
    shared = _Shared(
        port=server.port,
        contact_ids=seeded["contact_ids"],
        token=seeded["token"],
        refresh_token=seeded["refresh_token"],
        feed=_make_feed(server.port, seeded["token"]),
        begun=begun,
        until=begun + duration_s,
    )
    clients = [threading.Thread(target=_Client(shared, number).run) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    cpu_s, held = load.cpu_of(server.pid), []
    refreshed = begun
    while (now := time.perf_counter()) < shared.until:
        held.append((now, processes.pss_mb([server.pid])))
        if now - refreshed > REFRESH_S:
            refreshed = now
            _refresh(shared)
        time.sleep(min(SAMPLE_S, max(0.0, shared.until - time.perf_counter())))
    cpu_s = load.cpu_of(server.pid) - cpu_s
    for client in clients:
        client.join()
    return _figures(shared, held, cpu_s, duration_s)


def _figures(
    shared: _Shared, held: list[tuple[float, float]], cpu_s: float, duration_s: int
) -> list[Figure]:
    warm_at = shared.begun + WARM * duration_s
    last_at = shared.until - WARM * duration_s
    # The median of a tenth of the time, early and late: single samples swing with the collector.
    early = statistics.median(mb for at, mb in held if warm_at <= at < 2 * warm_at - shared.begun)
    late = statistics.median(mb for at, mb in held if at >= last_at)
    taken = sorted(taken_s for due, taken_s in shared.taken_s if due >= warm_at)
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    failed = "; ".join(sorted(set(shared.failures))[:3])
    return [
        Figure("requests", len(shared.taken_s), ""),
        Figure("failures", len(shared.failures), "", 0, note=failed),
        Figure("memory after warming up (PSS)", early, "MB"),
        Figure("memory growth until the end", late - early, "MB", GROWTH_MB),
        Figure("p50, from the time a request was due", p50 * 1_000, "ms"),
        Figure("p99", p99 * 1_000, "ms"),
        Figure("p99 to p50", p99 / p50, "", SPREAD),
        Figure("server's CPU, of one core", cpu_s / duration_s * 100, "%"),
    ]


def _make_feed(port: int, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    wanted = load.request("POST", "/api/feeds", headers, _body({"name": "phone"}))
    with Connection(port) as connection:
        url = str(json.loads(connection.send(wanted).body)["url"])
    return "/" + url.split("/", 3)[3]


def _refresh(shared: _Shared) -> None:
    """Trade the tokens for new ones, as clients do before theirs expire."""
    body = _body({"refresh_token": shared.refresh_token})
    with Connection(shared.port) as connection:
        reply = connection.send(load.request("POST", "/api/auth/refresh", None, body))
    if reply.status != 200:
        shared.failures.append(f"refresh: {reply.status}")
        return
    found = json.loads(reply.body)
    shared.token, shared.refresh_token = found["token"], found["refresh_token"]


def _body(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode()


async def _seed() -> dict[str, Any]:
    from server import db
    from server.lib.clock import utc_now
    from server.users import sessions
    from server.users.sessions import Device

    async with data.open_database():
        scope = await data.make_user(0)
        ids = await data.fill(scope, 0, contacts=api.CONTACTS)
        await data.suggest(scope, ids, 0, count=100)
        await data.analyze()
        async with db.transaction():
            pair = await sessions.open_session(scope, Device(), now=utc_now())
    return {
        "contact_ids": [str(each) for each in ids],
        "token": pair.token,
        "refresh_token": pair.refresh_token,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_seed())))
