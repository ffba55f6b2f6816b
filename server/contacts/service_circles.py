"""Circles: how full they are, and a warning for the write that fills one too much."""

from server.contacts.circles import LIMITS, OVER_LIMIT, over_limit_sentence
from server.contacts.queries_circles import count_circles
from server.contacts.schemas_out import CircleOut, CirclesOut, ContactWarning
from server.contacts.service_replies import Reply
from server.lib.paging import ShortListQuery, page_of
from server.lib.scope import Scope


async def list_circles(scope: Scope, query: ShortListQuery) -> CirclesOut:
    """Return each circle, from the inmost, with its people and the limit that it should keep.

    Raises:
        BadInput: the cursor is not one of this list.
    """
    people = await count_circles(scope)
    order = list(LIMITS)
    items = [
        CircleOut(
            circle=circle,
            count=people.get(circle, 0),
            limit=limit,
            over_limit=people.get(circle, 0) > limit,
        )
        for circle, limit in LIMITS.items()
    ]
    page, more = page_of(items, query, lambda item: (order.index(item.circle),), int)
    return CirclesOut(items=page, next_cursor=more)


async def warnings(scope: Scope, contact: Reply, *, was_in: str | None) -> list[ContactWarning]:
    """Return what a write of `contact` warns of: that its circle is too full by it.

    `was_in` is the circle that it was in before. A statement only where it came into another.
    """
    circle = contact["circle"]
    if circle is None or circle == was_in or contact["archived_at"] is not None:
        return []
    count = (await count_circles(scope, circle=circle)).get(circle, 0)
    if count <= LIMITS[circle]:
        return []
    return [
        ContactWarning(
            code=OVER_LIMIT,
            field="circle",
            message=over_limit_sentence(circle, count),
            count=count,
            limit=LIMITS[circle],
        )
    ]
