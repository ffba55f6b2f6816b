"""Pure decisions about tags: which new name means a tag that is there already."""

import re
from collections.abc import Iterable

from server.lib.tag_names import tag_key

# DESIGN.md, 3: near-duplicates reuse the existing tag. In percent, as rapidfuzz counts.
SIMILAR_PERCENT = 85
_NUMBERS = re.compile(r"\d+")


def match_tags(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return for each name the key of the tag that it means: a known one, or a new one.

    A name means the known tag with the same key, else the one most like it if that is similar
    enough; names before it in the list count as known. Tags whose numbers differ are never the
    same: `class of 2018` is not `class of 2019`.
    """
    # Here and not above: it costs memory that an idle server saves.
    from rapidfuzz import fuzz, process

    by_numbers: dict[tuple[str, ...], list[str]] = {}
    for key in known:
        by_numbers.setdefault(_numbers(key), []).append(key)
    matches = {}
    for name in names:
        key = tag_key(name)
        comparable = by_numbers.setdefault(_numbers(key), [])
        best = process.extractOne(key, comparable, scorer=fuzz.ratio, score_cutoff=SIMILAR_PERCENT)
        if best is None:
            comparable.append(key)
        matches[name] = best[0] if best else key
    return matches


def _numbers(key: str) -> tuple[str, ...]:
    return tuple(_NUMBERS.findall(key))
