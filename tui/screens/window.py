"""Which stretch of time the graphs show: the last minutes, or one that was scrolled to."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.admin.schemas_samples import SampleOut

# What the server keeps: 10 s for three hours, a minute for two days, ten minutes for a week.
STEPS_S = (10, 60, 600)
KEPT = {10: timedelta(hours=3), 60: timedelta(days=2), 600: timedelta(days=7)}
_TIME = re.compile(r"(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}):(\d{2})")


@dataclass(frozen=True)
class Window:
    """`until` is the right edge; None: now. `step_s` is what one sample stands for."""

    until: datetime | None = None
    step_s: int = STEPS_S[0]

    def edge(self, now: datetime) -> datetime:
        """Return the right edge, on a step, so that a look within the same step asks the same."""
        seconds = int((self.until or now).timestamp()) // self.step_s * self.step_s
        return datetime.fromtimestamp(seconds, UTC)

    def start(self, now: datetime, samples: int) -> datetime:
        """Return the left edge of so many samples."""
        return self.edge(now) - timedelta(seconds=self.step_s * samples)

    def moved(self, samples: int, now: datetime) -> "Window":
        """Return the window later (or earlier, below zero) by so many samples; now at the end."""
        edge = self.edge(now) + timedelta(seconds=self.step_s * samples)
        if edge >= now - timedelta(seconds=self.step_s):
            return replace(self, until=None)
        step = self.step_s
        while now - edge > KEPT[step] and step != STEPS_S[-1]:
            step = STEPS_S[STEPS_S.index(step) + 1]
        return Window(max(edge, now - KEPT[step]), step)

    def zoomed(self, by: int) -> "Window":
        """Return the window with longer (1) or shorter (-1) steps."""
        place = max(0, min(STEPS_S.index(self.step_s) + by, len(STEPS_S) - 1))
        return replace(self, step_s=STEPS_S[place])

    def at(self, text: str, now: datetime, samples: int) -> "Window":
        """Return the window around `03:00` (the last one) or `2026-03-01 03:00`, in UTC.

        Raises:
            ValueError: it is neither, or not kept any more.
        """
        found = _TIME.fullmatch(text.strip())
        if found is None:
            raise ValueError("write HH:MM or YYYY-MM-DD HH:MM, in UTC")
        day = datetime.fromisoformat(found[1]).date() if found[1] else now.date()
        wanted = datetime(day.year, day.month, day.day, int(found[2]), int(found[3]), tzinfo=UTC)
        if wanted > now and found[1] is None:
            wanted -= timedelta(days=1)
        if not now - KEPT[STEPS_S[-1]] <= wanted <= now:
            raise ValueError("samples are kept for seven days")
        return replace(self, until=now).moved(
            -int((now - wanted).total_seconds()) // self.step_s + samples // 2, now
        )


class Kept:
    """Samples of one length of step, so that a look asks only for what is new."""

    def __init__(self) -> None:
        self.step_s = 0
        self._samples: dict[int, SampleOut] = {}

    def put(self, samples: "Sequence[SampleOut]", step_s: int) -> None:
        """Keep samples that came, the same ones in the place of those before."""
        if step_s != self.step_s:
            self.step_s = step_s
            self._samples.clear()
        self._samples |= {self._place(one.at): one for one in samples}

    def lacks_from(self, start: datetime, until: datetime) -> datetime:
        """Return from when on samples are to be asked for, to know all between the two.

        The newest one that is known is asked for again: its step may not have been over.
        """
        known = [at for at in self._samples if self._place(start) <= at < self._place(until)]
        if not known or min(known) > self._place(start) + 1:
            return start
        return datetime.fromtimestamp(max(known) * self.step_s, UTC)

    def forget_before(self, start: datetime) -> None:
        """Let go of what has scrolled out."""
        first = self._place(start)
        self._samples = {at: one for at, one in self._samples.items() if at >= first}

    def spread(
        self,
        window: Window,
        now: datetime,
        count: int,
        value: "Callable[[SampleOut], float | None]",
    ) -> list[float | None]:
        """Return `count` values up to the right edge; None where nothing is known."""
        first = window.start(now, count).timestamp()
        step = self.step_s or 1
        places = (int(first + window.step_s * i) // step for i in range(count))
        found = (self._samples.get(place) for place in places)
        return [value(one) if one is not None else None for one in found]

    def all(self) -> "list[SampleOut]":
        """Return what is kept, oldest first."""
        return [self._samples[at] for at in sorted(self._samples)]

    def _place(self, at: datetime) -> int:
        return int(at.timestamp()) // (self.step_s or 1)
