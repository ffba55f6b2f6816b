"""What the fakes of HTTP providers share: a message is taken, or not, as the script says."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Self

import httpx2

from tests.fakes.http import CUT, HttpFake, Reply
from tests.fakes.ledger import Entry, Ledger, read
from tests.fakes.script import Behaviour

Clock = Callable[[], float]
CALLBACK_LIMIT_S = 10.0


class ProviderFake(HttpFake):
    """Takes messages as scripted, each on the ledger before the answer; calls webhooks back."""

    def __init__(
        self, ledger: Path, *, port: int = 0, seed: int = 1, clock: Clock = time.time
    ) -> None:
        super().__init__(port=port, seed=seed)
        self.clock = clock
        self._ledger_path = ledger
        self._ledger: Ledger | None = None
        self._callbacks: set[asyncio.Task[None]] = set()
        self._http: httpx2.AsyncClient | None = None

    @property
    def accepted(self) -> list[Entry]:
        """What it has accepted so far."""
        return read(self._ledger_path)

    async def __aenter__(self) -> Self:
        self._ledger = Ledger(self._ledger_path)
        self._http = httpx2.AsyncClient(trust_env=False, timeout=CALLBACK_LIMIT_S)
        return await super().__aenter__()

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        for task in self._callbacks:
            task.cancel()
        if self._http is not None and self._ledger is not None:
            await self._http.aclose()
            await self._ledger.close()

    @abstractmethod
    def refused(self, behaviour: Behaviour) -> Reply:
        """Return the provider's own words for 400, 429, 500 and 503."""

    async def take(self, entry: Entry, success: Reply) -> tuple[Reply, bool]:
        """Treat a message as the script says; return the reply, and whether it was taken."""
        behaviour = self.script.take()
        if behaviour.kind in ("drop", "throttle", "error", "unavailable", "gateway", "refuse"):
            return self._not_taken(behaviour), False
        if behaviour.kind == "slow":
            await asyncio.sleep(behaviour.delay_s)
        await self.keep(entry)
        if behaviour.kind == "accept_then_slow":
            await asyncio.sleep(behaviour.delay_s)
        return _told(behaviour, success), True

    async def keep(self, entry: Entry) -> None:
        """Put a message on the ledger."""
        assert self._ledger is not None
        await self._ledger.append(entry)

    def _not_taken(self, behaviour: Behaviour) -> Reply:
        if behaviour.kind == "drop":
            return CUT
        if behaviour.kind == "gateway":
            return _GATEWAY
        return self.refused(behaviour)

    def later(self, calling: Coroutine[Any, Any, None]) -> None:
        """Call back beside everything else."""
        task = asyncio.create_task(calling)
        self._callbacks.add(task)
        task.add_done_callback(self._callbacks.discard)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> int | None:
        """Post to a webhook; return the status, None where nobody answers."""
        assert self._http is not None
        try:
            reply = await self._http.post(url, content=body, headers=headers)
        except httpx2.HTTPError:
            return None
        return reply.status_code

    async def called_back(self) -> None:
        """Wait until nothing is left to be called back."""
        while self._callbacks:
            await asyncio.wait(self._callbacks)


_GATEWAY = Reply(502, b"<html>502 Bad Gateway</html>", {"Content-Type": "text/html"})


def _told(behaviour: Behaviour, success: Reply) -> Reply:
    if behaviour.kind == "accept_then_drop":
        return CUT
    if behaviour.kind == "accept_then_gateway":
        return _GATEWAY
    if behaviour.kind == "accept_then_garbage":
        return Reply(success.status, b"<html>\xff\xfe hello", {"Content-Type": "text/html"})
    return success
