"""What a request costs the server, beside baselines that run at the same time."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count, cycle
from pathlib import Path
from typing import Any

from benchmarks import data, load, serving, stage
from benchmarks.figures import Figure
from benchmarks.load import Connection, Contestant
from tests.private_services import temporary_folder

CONTACTS = 1_000
PAGE = 100
GENERATIONS = 3
"""How often the servers are started anew: where a process's memory lies is worth a tenth."""
ROUNDS = 5
AT_ONCE = 8
NEW = {
    "name": "Ana Silva",
    "location": "Berlin",
    "organisation": "Silva & Söhne",
    "phones": [{"value": "+49 30 901820", "label": "work"}],
    "emails": [{"value": "ana@example.org", "label": "home", "preferred": True}],
    "notes": "Met at the lake.",
    "cadence": "monthly",
}


def run() -> list[Figure]:
    """Compare each kind of request with its baseline, in turns."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    played: dict[str, list[Comparison]] = {}
    async with AsyncExitStack() as stack:
        environment = await stack.enter_async_context(stage.stage())
        folder = Path(stack.enter_context(temporary_folder()))
        seeded = await stage.measure(environment, "benchmarks.api", "seed")
        for _ in range(GENERATIONS):
            async with AsyncExitStack() as running:
                sides = await _start(running, environment, folder, seeded)
                for comparison in (compare(sides) for compare in _COMPARISONS):
                    comparison.play()
                    played.setdefault(comparison.name, []).append(comparison)
    return [figure for comparisons in played.values() for figure in _figures(comparisons)]


async def _start(
    stack: AsyncExitStack, environment: stage.Environment, folder: Path, seeded: dict[str, Any]
) -> "_Sides":
    product, bare, quart = [
        await stack.enter_async_context(each)
        for each in (
            serving.product(environment, folder),
            serving.baseline(environment, folder, "bare"),
            serving.baseline(environment, folder, "quart"),
        )
    ]
    return _Sides(stack, seeded, product, bare, quart)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A kind of request to one pair of servers; `often` in each round."""

    name: str
    ours: Contestant
    baseline: Contestant
    reach: float
    often: int

    def play(self) -> None:
        """Send the rounds in turns."""
        load.interleave((self.ours, self.baseline), rounds=ROUNDS, count=self.often)


class _Sides:
    """The three servers, and who calls them."""

    def __init__(
        self,
        stack: AsyncExitStack,
        seeded: dict[str, Any],
        product: serving.Serving,
        bare: serving.Serving,
        quart: serving.Serving,
    ) -> None:
        self._stack = stack
        self.seeded = seeded
        self.product, self.bare, self.quart = product, bare, quart
        self.headers = {"Authorization": f"Bearer {seeded['token']}"}

    def contestant(
        self, server: serving.Serving, next_request: Callable[[], bytes], status: int = 200
    ) -> Contestant:
        """Return one side, on connections of its own."""
        connections = [self._stack.enter_context(Connection(server.port)) for _ in range(AT_ONCE)]
        return Contestant([server.pid], connections, next_request, status)

    def get(self, server: serving.Serving, path: str, **headers: str) -> Contestant:
        """Return one side that reads an address again and again."""
        wanted = load.request("GET", path, self.headers | headers)
        return self.contestant(server, lambda: wanted, 304 if headers else 200)


def _list(sides: _Sides) -> Comparison:
    who = ",".join((sides.seeded["household_id"], sides.seeded["user_id"], str(PAGE)))
    ours = sides.get(sides.product, f"/api/contacts?limit={PAGE}")
    theirs = sides.get(sides.bare, f"/?{who}")
    return Comparison(f"list {PAGE} contacts", ours, theirs, reach=1.6, often=100)


def _one(sides: _Sides) -> Comparison:
    contact_id = sides.seeded["contact_ids"][0]
    ours = sides.get(sides.product, f"/api/contacts/{contact_id}")
    theirs = sides.get(sides.quart, f"/contact/{contact_id}")
    return Comparison("read one contact", ours, theirs, reach=1.5, often=300)


def _live(sides: _Sides) -> Comparison:
    ours = sides.get(sides.product, "/health/live")
    theirs = sides.get(sides.quart, "/hello")
    return Comparison("GET /health/live", ours, theirs, reach=1.3, often=500)


def _unchanged(sides: _Sides) -> Comparison:
    path = f"/api/contacts?limit={PAGE}"
    with Connection(sides.product.port) as connection:
        etag = connection.send(load.request("GET", path, sides.headers)).header("ETag")
    if etag is None:
        raise RuntimeError("a list came without an ETag")
    ours = sides.get(sides.product, path, **{"If-None-Match": etag})
    theirs = sides.get(sides.quart, "/unchanged", **{"If-None-Match": etag})
    return Comparison("conditional GET, 304", ours, theirs, reach=1.3, often=400)


def _create(sides: _Sides) -> Comparison:
    ours = sides.contestant(sides.product, _writes(sides, "POST", "/api/contacts"), 201)
    return Comparison("create a contact", ours, _inserts(sides), reach=1.5, often=150)


def _patch(sides: _Sides) -> Comparison:
    # One after the other: of edits of the same contact at once, all but one are made again.
    paths = [f"/api/contacts/{contact_id}" for contact_id in sides.seeded["contact_ids"]]
    ours = sides.contestant(sides.product, _writes(sides, "PATCH", *paths))
    return Comparison("patch a contact", ours, _inserts(sides), reach=1.5, often=150)


def _inserts(sides: _Sides) -> Contestant:
    return sides.contestant(sides.quart, _writes(sides, "POST", "/contact"), 201)


def _writes(sides: _Sides, method: str, *paths: str) -> Callable[[], bytes]:
    """Return requests whose bodies differ, so that each writes something."""
    counter, addresses = count(), cycle(paths)
    whole = method == "POST"

    def next_request() -> bytes:
        name = {"name": f"Ana Silva {next(counter)}"}
        body = NEW | name if whole else name | {"nickname": "Ani"}
        return load.request(method, next(addresses), sides.headers, json.dumps(body).encode())

    return next_request


_COMPARISONS = (_live, _list, _one, _unchanged, _create, _patch)


def _figures(comparisons: list[Comparison]) -> Iterator[Figure]:
    """Sum up a kind of request over the generations of servers."""
    ours = _together([each.ours for each in comparisons])
    baseline = _together([each.baseline for each in comparisons])
    alone = load.ratio(ours.cpu_s, baseline.cpu_s)
    busy = load.ratio(ours.busy_cpu_s, baseline.busy_cpu_s)
    kind = comparisons[0]
    yield Figure(f"{kind.name}: CPU to the baseline's", alone, "", kind.reach)
    yield Figure(f"  the same, {AT_ONCE} requests at once", busy, "")
    yield Figure("  ours: CPU", ours.cpu_us, "us", note=ours.p50_note)
    yield Figure("  baseline: CPU", baseline.cpu_us, "us", note=baseline.p50_note)


def _together(played: list[Contestant]) -> Contestant:
    """Return one contestant with what all of them have measured."""
    first, *others = played
    for other in others:
        first.cpu_s += other.cpu_s
        first.busy_cpu_s += other.busy_cpu_s
        first.taken_s += other.taken_s
    return first


async def _seed() -> dict[str, Any]:
    from server import db
    from server.lib.clock import utc_now
    from server.users import sessions
    from server.users.sessions import Device

    async with data.open_database():
        scope = await data.make_user(0)
        ids = await data.fill(scope, 0, contacts=CONTACTS, with_calendar=False)
        await data.analyze()
        async with db.transaction():
            pair = await sessions.open_session(scope, Device(), now=utc_now())
    return {
        "household_id": str(scope.household_id),
        "user_id": str(scope.user_id),
        "contact_ids": [str(each) for each in ids],
        "token": pair.token,
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_seed())))
