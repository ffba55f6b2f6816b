"""What all screens share: the line to the server, the right to act, and how one likes to look."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tui.connect.access import Access, Ask, Lease
from tui.errors import ApiError

if TYPE_CHECKING:
    from tui.api import AdminApi

RATES_S = (1, 2, 5, 10, 30, 60)
DEFAULT_RATE_S = 5
# A new token before the old one ends, so that nothing is refused in between.
RENEW_BEFORE = timedelta(minutes=2)


class Session:
    """One admin looking at one server; `now` and `clock` are given, for tests."""

    def __init__(
        self,
        access: Access,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        rate_s: int = DEFAULT_RATE_S,
    ) -> None:
        self.access = access
        self.now = now
        self.clock = clock
        self.api: AdminApi | None = None
        self.rate_s = rate_s
        self.is_paused = False
        self.hides_private = False
        self.trouble: ApiError | None = None
        """Why there is no news; None while all is well."""
        self.good_at: datetime | None = None
        """When values last came."""
        self._ask: Ask | None = None

    @property
    def elevated_left(self) -> timedelta:
        """How long acts are open; zero: only reading."""
        until = self.api.lease.elevated_until if self.api is not None else None
        return max(until - self.now(), timedelta(0)) if until is not None else timedelta(0)

    @property
    def is_elevated(self) -> bool:
        """Whether acts are open."""
        return self.elevated_left > timedelta(0)

    async def connect(self, ask: Ask) -> None:
        """Get in.

        Raises:
            ApiError: there is no way in.
        """
        self._ask = ask
        lease = await self.access.open(ask)
        from tui.api import AdminApi  # after the first frame

        if self.api is not None:
            await self.api.close()
        self.api = AdminApi(
            lease, renew=self._renewed, explain=self.access.explained, clock=self.clock
        )
        self.trouble = None

    async def elevate(self, ask: Ask) -> bool:
        """Open acts for some minutes; False: the admin would rather not.

        Raises:
            ApiError: no connection, or it was refused.
        """
        if self.api is None:
            return False
        lease = await self.access.elevate(self.api.lease, ask)
        if lease is None:
            return False
        self.api.lease = lease
        return True

    async def keep(self) -> None:
        """Mend the way and renew what is about to end; before each round of requests.

        Raises:
            ApiError: it cannot be mended, or not renewed.
        """
        await self.access.mend()
        if self.api is not None and self.api.lease.expires_at - self.now() < RENEW_BEFORE:
            self.api.lease = await self._renewed()

    def faster(self, by: int) -> None:
        """Take the next shorter (1) or longer (-1) time between two looks."""
        place = RATES_S.index(self.rate_s) - by
        self.rate_s = RATES_S[max(0, min(place, len(RATES_S) - 1))]

    async def close(self) -> None:
        """Close the line."""
        if self.api is not None:
            await self.api.close()
        await self.access.close()

    async def _renewed(self) -> Lease:
        if self.api is None or self._ask is None:
            raise RuntimeError("renewed before connected")
        return await self.access.renew(self.api.lease, self._ask)
