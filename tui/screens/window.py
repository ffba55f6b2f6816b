"""Which stretch of time the graphs show: the last minutes, or one that was scrolled to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

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


def spread(
    samples: Mapping[datetime, float | None], window: Window, now: datetime, count: int
) -> list[float | None]:
    """Return `count` values up to the right edge; None where nothing is known."""
    first = window.start(now, count)
    places = (first + timedelta(seconds=window.step_s * i) for i in range(count))
    return [samples.get(place) for place in places]
