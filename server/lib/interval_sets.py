"""Spans of time as sets: joined, cut out of one another, clipped."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from server.lib.intervals import Interval


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time as few intervals, in order; touching ones become one."""
    merged: list[Interval] = []
    for each in sorted(intervals):
        if merged and each.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, each.end))
        else:
            merged.append(each)
    return merged


def subtract(intervals: Iterable[Interval], taken: Iterable[Interval]) -> Iterator[Interval]:
    """Yield what of `intervals` is in none of `taken`, in order."""
    holes = merge(taken)
    first = 0
    for each in merge(intervals):
        start = each.start
        while first < len(holes) and holes[first].end <= start:
            first += 1
        for hole in holes[first:]:
            if hole.start >= each.end:
                break
            if start < hole.start:
                yield Interval(start, hole.start)
            start = max(start, hole.end)
        if start < each.end:
            yield Interval(start, each.end)


def clip(intervals: Iterable[Interval], start: datetime, end: datetime) -> Iterator[Interval]:
    """Yield the parts of `intervals` that lie in [start, end)."""
    for each in intervals:
        first, last = max(each.start, start), min(each.end, end)
        if first < last:
            yield Interval(first, last)
