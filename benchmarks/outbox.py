"""How fast messages leave, and what a sender costs that has nothing to do."""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks import data, stage
from benchmarks.figures import Figure

USERS = 500
EACH = 10
"""Messages to a user: as many as the hour's cap allows."""
PER_S = 200
IDLE_S = 30
IDLE_SHARE = 1.0


def run() -> list[Figure]:
    """Send 5,000 SMS to an instant provider, then as many by Twilio's SDK to a fake of it."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    module = "benchmarks.outbox"
    async with stage.stage() as environment:
        await stage.run_module(environment, module, "seed")
        instant, marked, twilio, idle = [
            await stage.measure(environment, module, way)
            for way in ("instant", "marked", "twilio", "idle")
        ]
    return [
        Figure("messages/s, instant provider", instant["per_s"], "/s", PER_S, "at least"),
        Figure("our CPU a message, instant provider", instant["cpu_ms"], "ms"),
        Figure(
            "messages/s, the same with a mark before each call",
            marked["per_s"],
            "/s",
            PER_S,
            "at least",
        ),
        Figure("messages/s, Twilio's SDK and a fake on this machine", twilio["per_s"], "/s"),
        Figure("our CPU a message, Twilio's SDK", twilio["cpu_ms"], "ms"),
        Figure("writing a message, with its commit", instant["write_ms"], "ms"),
        Figure("idle sender, of one core", idle["share"], "%", IDLE_SHARE),
    ]


class Instant:
    """A provider that takes everything at once."""

    provider = "instant"

    def __init__(self, *, is_marked: bool) -> None:
        self.is_marked = is_marked

    async def send(self, outgoing: Any, begin: Any) -> Any:
        from server.integrations.channel import Accepted

        if self.is_marked:
            await begin()
        return Accepted(str(outgoing.message_id))

    async def find(self, _outgoing: Any, *, since: datetime, taken: Collection[str] = ()) -> Any:
        from server.integrations.channel import Absent

        return Absent()

    async def close(self) -> None:
        """Nothing is open."""


async def _seed() -> dict[str, Any]:
    from server import db
    from server.keys import service as keys

    async with data.open_database():
        for number in range(USERS):
            scope = await data.make_user(number)
            box = await keys.box(scope.household_id)
            await db.execute(
                """UPDATE users SET phone = $2, phone_index = $3, phone_index_key_id = $4,
                    phone_verified_at = $5 WHERE id = $1""",
                scope.user_id,
                box.seal("users", "phone", scope.user_id, f"+4930{number:07}"),
                scope.user_id.bytes,
                scope.user_id,
                data.NOW,
            )
        await data.analyze()
    return {}


async def _send(way: str) -> dict[str, Any]:
    from server import config, db, logs
    from server.keys import server_keys
    from server.lib.clock import utc_now
    from server.messages import sender

    logs.configure("error")
    with tempfile.TemporaryDirectory() as folder:
        fake = None
        if way == "twilio":
            fake, channel = await _twilio(Path(folder))
        else:
            channel = Instant(is_marked=way == "marked")
        async with db.pool(config.settings(), max_size=11):
            await server_keys.start(now=utc_now())
            await db.execute("DELETE FROM outbox_messages")
            write_ms = await _write()
            began, cpu = time.perf_counter(), _cpu_s()
            async with _only(channel), sender.sending(config.settings()):
                await _until_all_left()
                took, cpu = time.perf_counter() - began, _cpu_s() - cpu
            states = await db.fetch("SELECT state, count(*) FROM outbox_messages GROUP BY 1")
        await channel.close()
        if fake:
            fake.terminate()
            await fake.wait()
    counts = {row["state"]: row["count"] for row in states}
    if counts != {"accepted": USERS * EACH}:
        raise RuntimeError(f"not all were sent: {counts}")
    return {
        "per_s": USERS * EACH / took,
        "cpu_ms": cpu * 1_000 / (USERS * EACH),
        "write_ms": write_ms,
    }


async def _twilio(folder: Path) -> Any:
    from server.integrations.twilio.channel import TwilioChannel
    from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN

    fake = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.fakes.twilio",
        "--ledger",
        str(folder / "ledger"),
        stdout=asyncio.subprocess.PIPE,
    )
    if fake.stdout is None:
        raise RuntimeError("asked for a pipe")
    url = (await fake.stdout.readline()).decode().split()[-1]
    channel = TwilioChannel(ACCOUNT, TOKEN, number=NUMBER, service_sid=None, base_url=url)
    return fake, channel


async def _write() -> float:
    from server import db
    from server.lib.clock import utc_now
    from server.lib.scope import Scope
    from server.outbox import service as outbox

    now = utc_now()
    began = time.perf_counter()
    for row in await db.fetch("SELECT household_id, id FROM users"):
        for number in range(EACH):
            await outbox.write(
                Scope(row["household_id"], row["id"]),
                kind="digest",
                dedupe_key=f"{row['id']}:{number}",
                subject="",
                body=f"{number}: Ana, Ben and Cem are due. Answer 1 yes, 2 later, 3 no.",
                channel="sms",
                now=now,
                life=timedelta(hours=24),
            )
    return (time.perf_counter() - began) * 1_000 / (USERS * EACH)


@asynccontextmanager
async def _only(channel: Any) -> AsyncIterator[None]:
    """Let there be one provider, of SMS."""
    from server.integrations import providers

    with patch.object(providers, "channel_for", lambda name, _: channel if name == "sms" else None):
        yield


async def _until_all_left() -> None:
    from server import db

    waiting = "SELECT EXISTS (SELECT FROM outbox_messages WHERE state IN ('pending', 'sending'))"
    is_done = False
    while not is_done:
        await asyncio.sleep(0.1)
        is_done = not await db.fetch_value(waiting)


async def _idle() -> dict[str, Any]:
    from server import config, db, logs
    from server.keys import server_keys
    from server.lib.clock import utc_now
    from server.messages import sender

    logs.configure("error")
    async with db.pool(config.settings(), max_size=11):
        await server_keys.start(now=utc_now())
        async with _only(Instant(is_marked=False)), sender.sending(config.settings()):
            await asyncio.sleep(2)
            cpu = _cpu_s()
            await asyncio.sleep(IDLE_S)
            cpu = _cpu_s() - cpu
    return {"share": cpu * 100 / IDLE_S}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _main(part: str) -> dict[str, Any]:
    match part:
        case "seed":
            return await _seed()
        case "idle":
            return await _idle()
        case _:
            return await _send(part)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(sys.argv[1]))))
