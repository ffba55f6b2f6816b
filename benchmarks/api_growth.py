"""How reading grows, through HTTP: 1,000 to 1,000,000 contacts on one server.

The reader has 500 contacts in all sizes; in the largest, one of 50,000 reads as well.
`scale` explains the statements behind it.
"""

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from benchmarks import load, serving, stage
from benchmarks.figures import Figure
from benchmarks.load import Connection, Contestant
from benchmarks.scale import LARGEST_READER, STEPS, fill_step
from tests.private_services import temporary_folder

ROUNDS = 5
COUNT = 60
# The logarithm of a million is twice that of a thousand.
GROWTH = 2.0
# Not pages in the order of an index: groups count their members, and suggestions of all states
# are sorted. Both grow with what the reader has, and not with the server.
_LINEAR = {"all suggestions", "groups"}


def run() -> list[Figure]:
    """Fill a server step by step and read from it at each."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    found: dict[str, dict[str, float]] = {}
    figures: list[Figure] = []
    async with stage.stage() as environment:
        with temporary_folder() as folder:
            for size in STEPS:
                readers = await stage.measure(environment, "benchmarks.api_growth", size)
                async with serving.product(environment, Path(folder)) as server:
                    for name, reader in readers.items():
                        backends = await _backends(environment)
                        told = list(_read(server, reader, backends))
                        found[name] = {what: side.cpu_us for what, side in told}
                        figures += [
                            Figure(f"{name}: {what}: CPU", side.cpu_us, "us", note=side.p50_note)
                            for what, side in told
                        ]
    first, *others = found.values()
    worst = max(told[what] / first[what] for told in others for what in first.keys() - _LINEAR)
    return [*figures, Figure("CPU to that of 1,000 contacts, worst page", worst, "", GROWTH)]


def _read(
    server: serving.Serving, reader: Mapping[str, str], backends: list[int]
) -> Iterator[tuple[str, Contestant]]:
    """Send each kind of request; yield what it cost the server and PostgreSQL together."""
    headers = {"Authorization": f"Bearer {reader['token']}"}
    with Connection(server.port) as connection:
        for what, path in _paths(connection, headers).items():
            wanted = load.request("GET", path, headers)
            side = Contestant([server.pid, *backends], [connection], partial(_same, wanted))
            load.interleave([side], rounds=ROUNDS, count=COUNT)
            yield what, side


def _paths(connection: Connection, headers: Mapping[str, str]) -> dict[str, str]:
    """Return what is read: the first page, one from the middle of all, one contact, and more."""
    page = "/api/contacts?limit=100"
    cursor = None
    for _ in range(3):
        path = f"{page}&cursor={cursor}" if cursor else page
        found = json.loads(connection.send(load.request("GET", path, headers)).body)
        cursor = found["next_cursor"]
    return {
        "first page": page,
        "a later page": f"{page}&cursor={cursor}",
        "one contact": f"/api/contacts/{found['items'][0]['id']}",
        "search": "/api/contacts?search=john%20mul",
        "those in a circle": f"{page}&circle=inner",
        "pending suggestions": "/api/suggestions?state=pending",
        "all suggestions": "/api/suggestions",
        "groups": "/api/groups",
    }


def _same(request: bytes) -> bytes:
    return request


async def _backends(environment: stage.Environment) -> list[int]:
    """Return the processes of PostgreSQL that serve the product's pool."""
    connection = await asyncpg.connect(environment[stage.SUPERUSER_URL])
    try:
        rows = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'catchup'"
        )
    finally:
        await connection.close()
    return [row["pid"] for row in rows]


async def _step(size: int) -> dict[str, Any]:
    """Add a step's users; return tokens of the reader, and of the largest one if there."""
    from server import config, db
    from server.keys import server_keys
    from server.lib.clock import utc_now
    from server.lib.scope import Scope
    from server.users import sessions
    from server.users.sessions import Device

    async with db.pool(config.settings(), max_size=1):
        await server_keys.start(now=utc_now())  # before there are users, who would have had keys
        await fill_step(size)
        rows = await db.fetch(
            """SELECT household_id, user_id, count(*) AS contacts FROM contacts
                GROUP BY household_id, user_id ORDER BY contacts, user_id"""
        )
        readers = {f"{size:,}": rows[0]}
        if rows[-1]["contacts"] >= LARGEST_READER:
            readers[f"{size:,}, {LARGEST_READER:,} of the reader's"] = rows[-1]
        tokens = {}
        for name, row in readers.items():
            scope = Scope(row["household_id"], row["user_id"])
            async with db.transaction():
                pair = await sessions.open_session(scope, Device(), now=utc_now())
            tokens[name] = {"token": pair.token}
    return tokens


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_step(int(sys.argv[1])))))
