"""What rotation costs, and what it must not cost: rows unread, requests refused, people signed out.

Each prints its figures (`make drills`).
"""

import asyncio
import json
import threading
import time
from base64 import urlsafe_b64decode
from collections import Counter
from datetime import timedelta
from itertools import cycle
from uuid import UUID

import pytest

from benchmarks.load import Connection
from server import db
from server.keys import rewriting, service, service_rotation, service_signing
from server.keys.rotation_rules import SIGNING_SETTLE
from server.lib.clock import utc_now
from server.lib.ids import uuid7
from server.users import sessions
from server.users.sessions import Device
from tests.factories import Member
from tests.http_server import http_server
from tests.times import MONDAY

NOTE = "Asked about the garden; the roses are late this year. Call again in spring. "
COLUMNS = (
    "id", "household_id", "user_id", "kind", "state", "occurred_at", "created_at", "updated_at",
    "notes",
)  # fmt: skip
CHUNK = 20_000
SESSIONS = 1000


class Client:
    """Sends requests from threads, each over a connection of its own that stays open."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rsplit(":", 1)[1])
        self._own = threading.local()

    async def send(
        self, method: str, path: str, token: str = "", **body: object
    ) -> tuple[int, dict[str, str]]:
        """Send one request; return its status and JSON."""
        content = json.dumps(body).encode() if body else b""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return await asyncio.to_thread(self._send, head.encode() + content)

    def _send(self, request: bytes) -> tuple[int, dict[str, str]]:
        if not hasattr(self._own, "connection"):
            self._own.connection = Connection(self._port)
        try:
            reply = self._own.connection.send(request)
        except OSError:  # it was idle for so long that the server closed it
            self._own.connection.reopen()
            reply = self._own.connection.send(request)
        return reply.status, json.loads(reply.body)


async def insert_notes(member: Member, count: int) -> list[UUID]:
    """Store that many interactions with encrypted notes."""
    box = await service.box(member.scope.household_id)
    mine = (member.scope.household_id, member.scope.user_id, "call", "confirmed")
    ids = []
    for _ in range(0, count, CHUNK):
        chunk = [uuid7() for _ in range(min(CHUNK, count))]
        rows = [
            (i, *mine, MONDAY, MONDAY, MONDAY, box.seal("interactions", "notes", i, NOTE))
            for i in chunk
        ]
        await db.insert_rows("interactions", COLUMNS, rows)
        ids += chunk
    return ids


async def count_unreadable(member: Member) -> int:
    """Open every note; count those that are not what was sealed."""
    service.forget_boxes()
    box = await service.box(member.scope.household_id)
    wrong, after = 0, UUID(int=0)
    sql = "SELECT id, notes FROM interactions WHERE id > $1 ORDER BY id LIMIT 20000"
    while rows := await db.fetch(sql, after):
        wrong += sum(
            not box.open("interactions", "notes", row["id"], row["notes"]).startswith(NOTE[:20])
            for row in rows
        )
        after = rows[-1]["id"]
    return wrong


@pytest.mark.drill
async def test_a_million_values_are_rewritten_in_two_minutes(member):
    await insert_notes(member, 1_000_000)
    await db.execute("ANALYZE interactions")
    now = utc_now()
    await service_rotation.begin("data", data_class="notes", now=now)
    now += timedelta(minutes=10)

    began = time.monotonic()
    while await service_rotation.advance(now=now):
        pass
    now += timedelta(minutes=10)
    while await service_rotation.advance(now=now):
        pass
    took = time.monotonic() - began

    [rotation] = await service_rotation.list_rotations()
    print(f"\n1,000,000 values in {took:.1f} s, proof included; batches of {rewriting.BATCH}")
    assert (rotation["state"], rotation["values_done"]) == ("done", 1_000_000)
    assert await count_unreadable(member) == 0
    assert took <= 120


@pytest.mark.drill
async def test_members_work_on_while_a_hundred_thousand_values_are_rewritten(member, tmp_path):
    ids = await insert_notes(member, 100_000)
    answers: Counter[int] = Counter()
    slowest: list[float] = []
    with (tmp_path / "log").open("wb") as log:
        async with http_server(log) as server:
            client = Client(server.url)
            enough = asyncio.Event()
            load = asyncio.create_task(_work(client, member, ids, enough, answers, slowest))
            await asyncio.sleep(3)
            await service_rotation.begin("data", data_class="notes", now=utc_now())
            while not await _is_done():
                while await service_rotation.advance(now=utc_now()):
                    pass
                await asyncio.sleep(1)
            enough.set()
            await load

    p95 = sorted(slowest)[int(len(slowest) * 0.95)] * 1000
    print(f"\n{answers.total()} requests: {dict(answers)}; p95 {p95:.0f} ms")
    assert set(answers) <= {200, 201}
    assert await count_unreadable(member) == 0


async def _is_done() -> bool:
    return bool((await service_rotation.list_rotations())[0]["finished_at"])


async def _work(
    client: Client,
    member: Member,
    ids: list[UUID],
    enough: asyncio.Event,
    answers: Counter[int],
    times: list[float],
) -> None:
    """Send 50 requests a second: most read a note, every fifth writes one."""
    walk = cycle(ids[:: max(1, len(ids) // 5000)])
    tasks = set()

    async def ask(number: int) -> None:
        path = f"/api/interactions/{next(walk)}"
        began = time.monotonic()
        if number % 5:
            status, _ = await client.send("GET", path, member.token)
        else:
            status, _ = await client.send("PATCH", path, member.token, notes=f"{NOTE}{number}")
        times.append(time.monotonic() - began)
        answers[status] += 1

    number = 0
    while not enough.is_set():
        number += 1
        task = asyncio.create_task(ask(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await asyncio.sleep(0.02)
    await asyncio.gather(*tasks)


@pytest.mark.drill
async def test_ten_rotations_of_the_signing_key_sign_nobody_out(member, tmp_path):
    pairs = [
        await sessions.open_session(member.scope, Device(), now=utc_now()) for _ in range(SESSIONS)
    ]
    held = [(pair.token, pair.refresh_token) for pair in pairs]
    outcomes: Counter[str] = Counter()
    with (tmp_path / "log").open("wb") as log:
        async with http_server(log) as server:
            client = Client(server.url)
            for number in range(10):
                if number % 2:
                    old = held[0][0]
                    await _revoke(old)
                    await asyncio.sleep(5)
                    outcomes["accepted"] += await _is_accepted(client, old)
                else:
                    await _rotate()
                held = await asyncio.gather(*(_visit(client, *one, outcomes) for one in held))

    print(f"\n{SESSIONS} sessions, 10 rotations, 5 of them emergencies: {dict(outcomes)}")
    assert (outcomes["signed_out"], outcomes["accepted"]) == (0, 0)
    assert outcomes["refreshed"] >= 5 * SESSIONS


async def _visit(
    client: Client, token: str, refresh_token: str, outcomes: Counter[str]
) -> tuple[str, str]:
    """Do what a client does: use the token, and when it is refused get another one."""
    if await _is_accepted(client, token):
        return token, refresh_token
    status, fresh = await client.send("POST", "/api/auth/refresh", refresh_token=refresh_token)
    if status != 200 or not await _is_accepted(client, fresh["token"]):
        outcomes["signed_out"] += 1
        return token, refresh_token
    outcomes["refreshed"] += 1
    return fresh["token"], fresh["refresh_token"]


async def _is_accepted(client: Client, token: str) -> bool:
    status, _ = await client.send("GET", "/api/auth/me", token)
    return status == 200


async def _rotate() -> None:
    now = utc_now()
    await service_rotation.begin("jwt", now=now)
    await asyncio.sleep(SIGNING_SETTLE.total_seconds())
    await service_rotation.advance(now=now + SIGNING_SETTLE)


async def _revoke(token: str) -> None:
    """Revoke the key that signed `token`, as everybody's is."""
    head = token.partition(".")[0]
    kid = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    await service_signing.revoke(UUID(kid), now=utc_now())
