"""What a list of contacts may ask for, as conditions on contacts `c` and the reader's settings `s`.

$1 is always the household, $2 the user.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from server.contacts.search_rules import SoughtWord, is_indexed
from server.lib.cadence import CADENCE_DAYS, CIRCLE_CADENCE_DAYS, DEFAULT_CADENCE_DAYS

Bind = Callable[[Any], str]
"""Append a value to those of the statement; return its placeholder."""

_ARCHIVED = {
    "false": "s.archived_at IS NULL",
    "true": "s.archived_at IS NOT NULL",
    "all": "TRUE",
}

# In the text, not bound: few are in some circles, many in others, and a plan that is kept has to
# know which.
_IN_CIRCLE = {circle: f"s.circle = '{circle}'" for circle in CIRCLE_CADENCE_DAYS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Only contacts that are due (`wanted`), or only the others; `before` is `due_before(now)`."""

    wanted: bool
    now: datetime
    before: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which contacts a list shows: `words` all occur in the search key; None does not matter."""

    words: Sequence[SoughtWord] = ()
    group_id: UUID | None = None
    tag_id: UUID | None = None
    circle: str | None = None
    archived: str = "false"
    due: Due | None = None

    @property
    def are_most(self) -> bool:
        """Say whether nothing but perhaps the archive keeps a contact from the list."""
        found_otherwise = (self.group_id, self.tag_id, self.circle, self.due)
        is_search = bool(self.words) or any(each is not None for each in found_otherwise)
        return not is_search and self.archived != "true"


def conditions(wanted: Wanted, bind: Bind) -> Iterator[str]:
    """Yield the conditions of a list but for its words."""
    yield _ARCHIVED[wanted.archived]
    if wanted.group_id is not None:
        yield f"""EXISTS (SELECT FROM group_members m WHERE m.contact_id = c.id
            AND m.user_id = $2 AND m.group_id = {bind(wanted.group_id)})"""
    if wanted.tag_id is not None:
        yield f"""EXISTS (SELECT FROM contact_tags ct WHERE ct.contact_id = c.id
            AND ct.user_id = $2 AND ct.tag_id = {bind(wanted.tag_id)})"""
    if wanted.circle is not None:
        yield _IN_CIRCLE[wanted.circle]
    if wanted.due is not None:
        yield f"{'' if wanted.due.wanted else 'NOT '}({_is_due(wanted.due, bind)})"


def as_typed(words: Sequence[SoughtWord], bind: Bind) -> str:
    """Return the condition that every word occurs as it was typed."""
    # Nothing else goes through the trigram index: ALL cannot, and short words must not.
    longest = next((word.text for word in words if is_indexed(word.text)), None)
    first = f"c.search_key LIKE {bind(_anywhere(longest))} AND " if longest else ""
    return f"{first}c.search_key LIKE ALL ({_patterns(words, bind)})"


def nearly(words: Sequence[SoughtWord], bind: Bind) -> str:
    """Return the condition that every word occurs, some with an error."""
    yes = " AND ".join(f"({_word_nearly(word, bind)})" for word in words)
    return f"{yes} AND NOT (c.search_key LIKE ALL ({_patterns(words, bind)}))"


def _word_nearly(word: SoughtWord, bind: Bind) -> str:
    if not is_indexed(word.text):
        return f"c.search_key LIKE ALL ({_patterns([word], bind)})"
    exact = f"c.search_key LIKE {bind(_anywhere(word.text))}"
    if not word.errors:
        return exact
    # The index finds what looks alike (server/db.py says how much), then errors are counted.
    alike = [
        f"{bind(word.text)} <% c.search_key",
        *(f"c.search_key LIKE {bind(_anywhere(other))}" for other in word.exchanged),
    ]
    length = len(word.text)
    # One letter more than may be too many is enough to refuse a word, and 255 are the limit.
    distance = f"""levenshtein_less_equal(left(w.word, {length + word.errors + 1}),
        {bind(word.text)}, {word.errors}) <= {word.errors}"""
    if word.only_missing:
        distance += f" AND char_length(w.word) = {length + 1}"
    return f"""{exact} OR ({" OR ".join(alike)}) AND EXISTS (
        SELECT FROM unnest(string_to_array(
            c.search_key || ' ' || translate(c.search_key, '-.@', '   '), ' ')) AS w (word)
        WHERE {distance} OR left(w.word, {length}) = ANY ({bind(word.exchanged)}::text[]))"""


def _patterns(words: Sequence[SoughtWord], bind: Bind) -> str:
    return f"{bind([_anywhere(word.text) for word in words])}::text[]"


def _anywhere(word: str) -> str:
    """Return the LIKE pattern of a word; what LIKE would read as a pattern is escaped."""
    literal = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{literal}%"


def in_days(column: str, words: Mapping[str, int]) -> str:
    """Return the days of a stored cadence or circle; NULL for one that has no word."""
    cases = " ".join(f"WHEN '{word}' THEN {days}" for word, days in words.items())
    return f"CASE {column} {cases} END"


# As lib.cadence.resolve_cadence; 0 and what is beyond the longest cadence never come due.
_NEVER = "2147483647"
_CADENCE = f"""CASE WHEN s.cadence IS NOT NULL
        THEN coalesce(s.cadence_days, {in_days("s.cadence", CADENCE_DAYS)})
    WHEN s.circle IS NOT NULL THEN {in_days("s.circle", CIRCLE_CADENCE_DAYS)}
    ELSE coalesce((SELECT min(coalesce(nullif(coalesce(g.cadence_days,
                {in_days("g.cadence", CADENCE_DAYS)}), 0), {_NEVER}))
            FROM group_members gm JOIN groups g ON g.id = gm.group_id
            WHERE gm.contact_id = c.id AND gm.user_id = $2
                AND g.archived_at IS NULL AND g.cadence IS NOT NULL), {DEFAULT_CADENCE_DAYS})
    END"""


def _is_due(due: Due, bind: Bind) -> str:
    """Say by suggestions/rules.py whether the cadence has run out and nothing silences it.

    A place outside the list of instants is NULL: such a cadence never runs out. OFFSET 0 keeps
    the cadence from being worked out twice.
    """
    now = bind(due.now)
    return f"""s.archived_at IS NULL AND coalesce(s.paused_until <= {now}, true)
        AND NOT coalesce(s.never_suggest, false)
        AND EXISTS (SELECT FROM (
                SELECT to_timestamp(({bind(due.before)}::bigint[])[{_CADENCE}]) AS last_before
                OFFSET 0) AS d
            WHERE d.last_before IS NOT NULL AND NOT EXISTS (
                SELECT FROM interaction_contacts ic JOIN interactions i ON i.id = ic.interaction_id
                WHERE ic.contact_id = c.id AND i.state = 'confirmed'
                    AND i.occurred_at >= d.last_before AND i.occurred_at <= {now}))
        AND NOT EXISTS (SELECT FROM suggestion_contacts sc
                JOIN suggestions open ON open.id = sc.suggestion_id
            WHERE sc.household_id = $1 AND sc.contact_id = c.id AND sc.is_open
                AND open.state = 'snoozed' AND open.snoozed_until > {now})"""
