"""The dashboard under test: a fake way in, a clock that stands, keys."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from textual.pilot import Pilot

from tests.tui.fake_server import FakeServer
from tui.app import AdminApp
from tui.connect.access import Ask, Lease
from tui.errors import Unreachable
from tui.session import Session

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WIDE = (160, 45)
SMALL = (80, 24)
# Workers that end by themselves; others wait for the admin.
ENDING = {"round", "fill", "connect", "export", "host"}


class FakeAccess:
    """Gets in without asking anybody."""

    kind = "local"

    def __init__(self, url: str, name: str = "home") -> None:
        self.name = name
        self.url = url
        self.opened = 0
        self.elevated = 0
        self.closed = 0
        self.refuses = False
        self.lasts = timedelta(days=365)

    async def open(self, ask: Ask) -> Lease:
        del ask
        self.opened += 1
        return Lease(self.url, f"read-{self.opened}", NOW + self.lasts, "ana@example.org")

    async def renew(self, lease: Lease, ask: Ask) -> Lease:
        del lease
        return await self.open(ask)

    async def elevate(self, lease: Lease, ask: Ask) -> Lease | None:
        del ask
        if self.refuses:
            return None
        self.elevated += 1
        return replace(lease, token="write", elevated_until=NOW + timedelta(minutes=10))

    async def mend(self) -> None:
        pass

    def explained(self, lost: Unreachable) -> Unreachable:
        return lost

    async def close(self) -> None:
        self.closed += 1


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def session_of(url: str, clock: Clock | None = None) -> Session:
    """Make a session that looks once a minute: tests press `r` instead of waiting."""
    return Session(FakeAccess(url), now=clock or Clock(), clock=lambda: 0.0, rate_s=60)


@asynccontextmanager
async def running(
    server: FakeServer,
    *,
    size: tuple[int, int] = SMALL,
    section: str = "",
    theme: str | None = None,
    session: Session | None = None,
) -> AsyncIterator[Pilot[None]]:
    """Run the dashboard against `server`, at the screen `section`, until all that it asked came."""
    app = AdminApp(session or session_of(server.url), theme=theme)
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        if section:
            app.action_section(section)
            await settle(pilot)
        yield pilot


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is under way: no request, no worker that waits for one."""
    for _ in range(3):
        await pilot.pause()
        rounds = [
            w
            for w in pilot.app.workers
            if w.group in {"round", "fill", "connect", "export", "host"}
        ]
        if rounds:
            await pilot.app.workers.wait_for_complete(rounds)
    await pilot.pause()


async def until(pilot: Pilot[None], holds: Callable[[], bool], limit_s: float = 5.0) -> None:
    """Wait until something holds; fail after `limit_s`."""
    async with asyncio.timeout(limit_s):
        while not holds():
            await pilot.pause(0.01)


def screen_text(pilot: Pilot[None]) -> str:
    """Return what stands on the screen, line by line."""
    compositor = pilot.app.screen._compositor
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in compositor.render_strips()
    )
