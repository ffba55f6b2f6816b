"""The terminal dashboard: its first frame, what it costs while one looks, lists of 100,000."""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from benchmarks import load, processes, serving, stage
from benchmarks.figures import Figure
from benchmarks.terminal import Line, Terminal, counted_line, terminal
from server.lib.clock import utc_now
from tests.private_services import temporary_folder

FIRST_FRAME_S = 0.6
MEMORY_MB = 60
IDLE_CPU_PERCENT = 1
IDLE_BYTES_S = 2_000
OPENS_MS = 300
STARTS = 7
REPEATS = 5
SETTLED_S = 15
IDLE_S = 20
PAGE = 100  # as tui/screens/lists.py asks
MIDDLE = 500

# As small as a Textual program can be: what of first frame and memory is not ours.
HELLO = """
from textual.app import App
from textual.widgets import Static
class Hello(App):
    def compose(self): yield Static("Overview")
Hello().run()
"""
_PROGRAMS = {"our": ("-m", "server", "admin"), "an empty Textual program's": ("-c", HELLO)}
_DASHBOARD = (sys.executable, "-m", "server", "admin")
_FIRST_WORD = "Overview"
# The key of a screen, what its first row says, and what the last row of each further page says.
_SCREENS = {
    "users": ("4", "person0@", [f"person{place}@" for place in range(99, 1_000, 100)]),
    "audit": ("7", "contact.created", []),
}
# A list, and a search in it that finds one row or few.
_LISTS = {
    "users": ("/users?sort=newest", {"q": "person77777@"}),
    "audit rows": ("/audit", {"subject": str(UUID(int=1))}),
    "failed jobs": ("/jobs?state=failed", {"q": "suggest_to_user:77777"}),
    "waiting jobs": ("/jobs?state=queued", {"function": "suggest_to_user"}),
}


def run() -> list[Figure]:
    """Start it in turns with an empty program; let it, and then us, look at a full server."""
    return asyncio.run(_run())


async def _run() -> list[Figure]:
    async with stage.stage() as environment:
        with temporary_folder() as folder:
            await stage.run_module(environment, "benchmarks.dashboard_data")
            starts = await asyncio.to_thread(_starts, environment)
            async with serving.product(environment, folder) as server:
                token = await _token(environment)
                read = await asyncio.to_thread(_requests, server.port, token)
                await asyncio.to_thread(_compile, environment, server.port)
                async with counted_line(server.port) as line:
                    looked = await asyncio.to_thread(_look, environment, line)
    return [*starts, *looked, *read]


def _starts(environment: stage.Environment) -> list[Figure]:
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in _PROGRAMS}
    for _ in range(1 + STARTS):
        for name, command in _PROGRAMS.items():
            found[name].append(_start(environment, *command))
    figures = []
    for name, starts in found.items():
        # The first one compiles.
        first, spent, memory = map(statistics.median, zip(*starts[1:], strict=True))
        target = FIRST_FRAME_S if name == "our" else None
        figures += [
            Figure(f"{name} first frame after the interpreter's start", first, "s", target),
            Figure("  CPU until then", spent, "s"),
            Figure("  memory then (RSS)", memory, "MB"),
        ]
    return figures


def _start(environment: stage.Environment, *command: str) -> tuple[float, float, float]:
    with terminal(environment, sys.executable, *command) as seen:
        first_s = seen.wait_for(_FIRST_WORD)
        pid = seen.process.pid
        return first_s, load.cpu_of(pid), processes.rss_mb(pid)


def _compile(environment: stage.Environment, port: int) -> None:
    """Leave bytecode of what is loaded with the first values: compiling it takes 5 MB."""
    with terminal({**environment, "PORT": str(port)}, *_DASHBOARD) as seen:
        seen.read_for(SETTLED_S)
        for key, first, _ in _SCREENS.values():
            seen.press(key, until=first)


def _look(environment: stage.Environment, line: Line) -> list[Figure]:
    with terminal({**environment, "PORT": str(line.port)}, *_DASHBOARD) as seen:
        seen.read_for(SETTLED_S)
        pid = seen.process.pid
        cpu_s, carried = load.cpu_of(pid), line.carried
        written = seen.read_for(IDLE_S)
        busy = 100 * (load.cpu_of(pid) - cpu_s) / IDLE_S
        on_line = (line.carried - carried) / IDLE_S
        return [
            Figure("idle: memory (RSS)", processes.rss_mb(pid), "MB", MEMORY_MB),
            Figure("idle: memory (PSS)", processes.pss_mb([pid]), "MB"),
            Figure("idle: CPU", busy, "%", IDLE_CPU_PERCENT),
            Figure("idle: to the terminal", written / IDLE_S, "B/s", IDLE_BYTES_S),
            Figure("idle: on the line, both ways", on_line, "B/s", IDLE_BYTES_S),
            *_screens(seen),
            Figure("memory after that (RSS)", processes.rss_mb(pid), "MB"),
        ]


def _screens(seen: Terminal) -> Iterator[Figure]:
    for name, (key, first, further) in _SCREENS.items():
        opened = 1_000 * seen.press(key, until=first)
        yield Figure(f"from the key to {name} in the terminal", opened, "ms", OPENS_MS)
        if further:
            scrolled = [1_000 * seen.press("G", until=row) for row in further]
            yield Figure("  a page further", statistics.median(scrolled), "ms")
            yield Figure("  a page further, the slowest", max(scrolled), "ms")


async def _token(environment: stage.Environment) -> str:
    said = await stage.run_module(environment, "server", "tokens", "console", "--json")
    return str(json.loads(said)["token"])


def _requests(port: int, token: str) -> list[Figure]:
    with load.Connection(port) as connection:
        asked = _Asked(connection, {"Authorization": f"Bearer {token}"})
        return [
            *(each for name in _LISTS for each in _list(asked, name)),
            *(
                # A count is the preview of an act, and no list that opens.
                Figure(name, asked.median_ms(path), "ms", None if "count" in path else OPENS_MS)
                for name, path in _single_requests().items()
            ),
        ]


def _list(asked: "_Asked", name: str) -> Iterator[Figure]:
    """Read a list to its end, then the interesting pages of it again."""
    path, searched = _LISTS[name]
    first = f"{path}{'&' if '?' in path else '?'}limit={PAGE}"
    taken: list[float] = []
    pages = [first]
    while pages[-1]:
        begun = time.perf_counter()
        cursor = asked.get(pages[-1])["next_cursor"]
        taken.append(1_000 * (time.perf_counter() - begun))
        pages.append(f"{first}&cursor={cursor}" if cursor else "")
    for which, place in {"first": 0, "middle": MIDDLE, "last": len(taken) - 1}.items():
        yield Figure(f"{name}: {which} page", asked.median_ms(pages[place]), "ms", OPENS_MS)
    slowest = f"slowest {max(taken):,.0f} ms"
    yield Figure(f"  each of {len(taken):,}", statistics.median(taken), "ms", note=slowest)
    yield Figure(
        f"{name}: a search", asked.median_ms(f"{first}&{urlencode(searched)}"), "ms", OPENS_MS
    )


def _single_requests() -> dict[str, str]:
    now = utc_now()
    two_days = urlencode({"from": (now - timedelta(days=2)).isoformat(), "until": now.isoformat()})
    return {
        "overview": "/overview",
        "queue": "/queues",
        "samples of three hours": "/samples",
        "samples of two days": f"/samples?{two_days}",
        "count of waiting jobs": "/jobs/count?state=queued",
        "count of waiting jobs of one function": "/jobs/count?state=queued&function=send_digest",
        "count of failed jobs": "/jobs/count?state=failed",
        "users by name": f"/users?sort=name&limit={PAGE}",
        "users by e-mail": f"/users?sort=email&limit={PAGE}",
        "disabled users": f"/users?state=disabled&limit={PAGE}",
        "users, a search that finds none": f"/users?q=nobody&limit={PAGE}",
        "users, a search of two letters": f"/users?q=zz&limit={PAGE}",
        "audit rows of an action": f"/audit?action=key.rotated&limit={PAGE}",
        "audit rows of an action that is rare": f"/audit?action=console&limit={PAGE}",
        "audit rows of nobody": f"/audit?actor={UUID(int=1)}&limit={PAGE}",
    }


class _Asked:
    """Requests to the admin API, one after the other."""

    def __init__(self, connection: load.Connection, headers: dict[str, str]) -> None:
        self._connection = connection
        self._headers = headers

    def get(self, path: str) -> dict[str, str | None]:
        """Return the JSON of a reply.

        Raises:
            RuntimeError: it is an error.
        """
        reply = self._connection.send(load.request("GET", f"/api/admin{path}", self._headers))
        if reply.status != 200:
            raise RuntimeError(f"{path}: {reply.status} {reply.body[:500]!r}")
        found: dict[str, str | None] = json.loads(reply.body)
        return found

    def median_ms(self, path: str) -> float:
        """Return how long a reading takes, from the request to its JSON: the median of some."""
        taken = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            self.get(path)
            taken.append(1_000 * (time.perf_counter() - begun))
        return statistics.median(taken)
