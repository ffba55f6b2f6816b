"""Who reads a message, and what stands in it: rows into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID
from zoneinfo import ZoneInfo

from server.db import Row
from server.digests import letters, queries, unsubscribe
from server.digests.codes import code_of
from server.digests.letters import Item, Reader
from server.lib.clock import known_zone
from server.lib.languages.known import language_of
from server.lib.scope import Scope
from server.messages.service import Words
from server.suggestions.reasons import Reason

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a user's digest lists: rows of `queries.list_pending`, what is new first."""

    in_order: tuple[Row, ...]

    @property
    def told_at(self) -> list[datetime | None]:
        """When each was last told; None for what is new."""
        return [row["told_at"] for row in self.in_order]


async def listings(scopes: Sequence[Scope], *, now: datetime) -> dict[UUID, Listing]:
    """Return what these users' digests would list; nothing for who has nothing pending."""
    found = await queries.list_pending(scopes, now=now)
    return {
        user_id: Listing(tuple(sorted(rows, key=lambda row: row["told_at"] is not None)))
        for user_id, rows in groupby(found, key=itemgetter("user_id"))
    }


async def reader(scope: Scope, row: Row) -> Reader:
    """Return the reader of a row with `zone` and `language`."""
    return Reader(
        known_zone(row["zone"]) or _UTC,
        language_of(row["language"]),
        await unsubscribe.url_of(scope),
    )


def today(listing: Listing, now: datetime) -> date:
    """Return the date on the calendar of a listing's reader."""
    return now.astimezone(known_zone(listing.in_order[0]["zone"]) or _UTC).date()


async def digest(
    scope: Scope, listing: Listing, numbers: Mapping[UUID, int], *, now: datetime
) -> Words:
    """Return a digest in words, with the number of each suggestion."""
    items = [item(row, numbers[row["id"]]) for row in listing.in_order]
    return letters.digest(items, await reader(scope, listing.in_order[0]), now)


def item(row: Row, number: int) -> Item:
    """Return a suggestion as a message shows it; several people share one line."""
    told_at = row.get("told_at")
    return Item(
        code_of(number),
        ", ".join(row["names"]),
        row["way"],
        row["slot_start"],
        tuple(Reason.from_json(stored) for stored in row["reasons"]),
        is_told=told_at is not None,
    )
