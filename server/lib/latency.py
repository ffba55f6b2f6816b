"""How long requests take: a histogram of fixed bounds, and what it says."""

from collections.abc import Sequence

BOUNDS_S = tuple(0.001 * 2 ** (step / 2) for step in range(27))
"""Upper bounds of its places, 1 ms to 8 s; a last place follows for what is slower."""
PLACES = len(BOUNDS_S) + 1


def quantile_ms(counts: Sequence[int] | None, share: float) -> float | None:
    """Return the latency that `share` of requests stays below, as near as the histogram knows.

    None without requests; what took longer than the last bound counts as the last bound.
    """
    total = sum(counts or ())
    if not counts or not total:
        return None
    rank, seen = share * total, 0
    for index, count in enumerate(counts):
        if count and seen + count >= rank:
            low = BOUNDS_S[index - 1] if index else 0.0
            high = BOUNDS_S[min(index, len(BOUNDS_S) - 1)]
            return round(1000 * (low + (high - low) * (rank - seen) / count), 1)
        seen += count
    return round(1000 * BOUNDS_S[-1], 1)
