"""What a request costs the server, beside baselines that run at the same time."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from itertools import count, cycle
from pathlib import Path
from typing import Any

from benchmarks import data, load, serving, stage
from benchmarks.figures import Figure
from benchmarks.load import Connection, Contestant
from tests.private_services import temporary_folder

CONTACTS = 1_000
PAGE = 100
ROUNDS = 7
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
    async with AsyncExitStack() as stack:
        environment = await stack.enter_async_context(stage.stage())
        folder = Path(stack.enter_context(temporary_folder()))
        seeded = await stage.measure(environment, "benchmarks.api", "seed")
        product, bare, quart = [
            await stack.enter_async_context(each)
            for each in (
                serving.product(environment, folder),
                serving.baseline(environment, folder, "bare"),
                serving.baseline(environment, folder, "quart"),
            )
        ]
        sides = _Sides(stack, seeded, product, bare, quart)
        return [figure for compare in _COMPARISONS for figure in compare(sides)]


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


def _list(sides: _Sides) -> Iterator[Figure]:
    who = ",".join((sides.seeded["household_id"], sides.seeded["user_id"], str(PAGE)))
    ours = sides.get(sides.product, f"/api/contacts?limit={PAGE}")
    return _compare(f"list {PAGE} contacts", ours, sides.get(sides.bare, f"/?{who}"), 1.6, 100)


def _one(sides: _Sides) -> Iterator[Figure]:
    contact_id = sides.seeded["contact_ids"][0]
    ours = sides.get(sides.product, f"/api/contacts/{contact_id}")
    theirs = sides.get(sides.quart, f"/contact/{contact_id}")
    return _compare("read one contact", ours, theirs, 1.5, 300)


def _live(sides: _Sides) -> Iterator[Figure]:
    ours = sides.get(sides.product, "/health/live")
    return _compare("GET /health/live", ours, sides.get(sides.quart, "/hello"), 1.3, 500)


def _unchanged(sides: _Sides) -> Iterator[Figure]:
    path = f"/api/contacts?limit={PAGE}"
    with Connection(sides.product.port) as connection:
        etag = connection.send(load.request("GET", path, sides.headers)).header("ETag")
    if etag is None:
        return
    ours = sides.get(sides.product, path, **{"If-None-Match": etag})
    theirs = sides.get(sides.quart, "/unchanged", **{"If-None-Match": etag})
    yield from _compare("conditional GET, 304", ours, theirs, 1.3, 400)


def _create(sides: _Sides) -> Iterator[Figure]:
    ours = sides.contestant(sides.product, _writes(sides, "POST", "/api/contacts"), 201)
    return _compare("create a contact", ours, _inserts(sides), 1.5, 150)


def _patch(sides: _Sides) -> Iterator[Figure]:
    # One after the other: of edits of the same contact at once, all but one are made again.
    paths = [f"/api/contacts/{contact_id}" for contact_id in sides.seeded["contact_ids"]]
    ours = sides.contestant(sides.product, _writes(sides, "PATCH", *paths))
    return _compare("patch a contact", ours, _inserts(sides), 1.5, 150)


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


def _compare(
    name: str, ours: Contestant, baseline: Contestant, reach: float, often: int
) -> Iterator[Figure]:
    load.interleave((ours, baseline), rounds=ROUNDS, count=often)
    alone = load.ratio(ours.cpu_s, baseline.cpu_s)
    busy = load.ratio(ours.busy_cpu_s, baseline.busy_cpu_s)
    yield Figure(f"{name}: CPU to the baseline's", alone, "", reach)
    yield Figure(f"  the same, {AT_ONCE} requests at once", busy, "")
    yield Figure("  ours: CPU", ours.cpu_us, "us", note=ours.p50_note)
    yield Figure("  baseline: CPU", baseline.cpu_us, "us", note=baseline.p50_note)


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
