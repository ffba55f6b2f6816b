"""Find contacts: a page by filters and words."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from server.contacts import queries
from server.contacts.places import Place, write_place
from server.contacts.queries_filters import Due, Wanted
from server.contacts.schemas import ContactListQuery
from server.contacts.search_rules import may_be_mistyped, sought_words
from server.contacts.service_replies import UTC_ZONE
from server.db import Row
from server.errors import BadInput, FieldError, NotFound
from server.lib.clock import known_zone
from server.lib.due import due_before
from server.lib.scope import Scope
from server.users import service as users


async def find(
    scope: Scope, query: ContactListQuery, *, now: datetime
) -> tuple[Sequence[Row], str | None]:
    """Return rows of `queries.list_contacts` and the next cursor.

    In the order of names; a search shows first who has every word as typed, then who has them
    but for a typing error. A contact's part depends on itself and the search alone, so that
    what others do between two pages neither repeats nor skips it. Two statements at most, one
    more each for `due` and for an empty page of a group or tag.

    Raises:
        NotFound: the caller has no such group or tag.
        BadInput: the cursor belongs to a search, and this is none.
    """
    wanted = await _wanted(scope, query, now)
    place = query.place
    if place.nearly and not may_be_mistyped(wanted.words):
        raise BadInput(
            "The cursor is not one that this list gave.",
            fields=[FieldError("cursor", "bad_cursor", "must be a next_cursor of this list")],
        )
    rows, exact = await _rows(scope, wanted, place, query.limit + 1)
    if not rows and not await queries.has_filters(scope, wanted):
        raise NotFound
    if len(rows) <= query.limit:
        return rows, None
    last = rows[query.limit - 1]
    cursor = write_place(last["name_key"], last["id"], nearly=exact < query.limit)
    return rows[: query.limit], cursor


async def _rows(scope: Scope, wanted: Wanted, place: Place, limit: int) -> tuple[list[Row], int]:
    """Return up to `limit` rows after `place`, and how many of them have the words as typed."""
    rows: list[Row] = []
    if not place.nearly:
        rows = await queries.list_contacts(scope, wanted, after=place.after, limit=limit)
    exact = len(rows)
    if exact < limit and may_be_mistyped(wanted.words):
        after = place.after if place.nearly else None
        rows += await queries.list_nearly(scope, wanted, after=after, limit=limit - exact)
    return rows, exact


async def _wanted(scope: Scope, query: ContactListQuery, now: datetime) -> Wanted:
    wanted = Wanted(
        words=sought_words(query.search or ""),
        group_id=query.group,
        tag_id=query.tag,
        circle=query.circle,
        archived=query.archived,
    )
    if query.due is None:
        return wanted
    zone = known_zone((await users.me(scope)).zone) or UTC_ZONE
    return replace(wanted, due=Due(wanted=query.due, now=now, before=due_before(now, zone)))
