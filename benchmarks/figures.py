"""What a benchmark gives back: a value beside what it has to reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; without a `target` it is for information, and `note` may explain it."""

    name: str
    value: float
    unit: str
    target: float | None = None
    wanted: Literal["at most", "at least"] = "at most"
    note: str = ""

    @property
    def ok(self) -> bool:
        """Say whether the target is reached."""
        if self.target is None:
            return True
        if self.wanted == "at most":
            return self.value <= self.target
        return self.value >= self.target


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as lines of aligned columns."""
    width = max(len(figure.name) for figure in figures)
    lines = (
        f"  {each.name:<{width}}  {_number(each.value):>10} {each.unit:<8} {_verdict(each)}"
        for each in figures
    )
    return "\n".join(line.rstrip() for line in lines)


def _verdict(figure: Figure) -> str:
    if figure.target is None:
        return figure.note
    verdict = "reached" if figure.ok else "MISSED"
    return f"{figure.wanted} {_number(figure.target)}: {verdict}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 1_000 else f"{value:,.2f}"
