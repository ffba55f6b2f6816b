"""Feeds: make, list, change, revoke; and what a calendar program gets."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from server.audit import service as audit
from server.db import Row, transaction
from server.errors import CatchUpError, Conflict, NotFound, PreconditionFailed
from server.feeds import events, queries
from server.feeds.schemas import FeedCreated, FeedIn, FeedOut, FeedPage, FeedPatch
from server.lib.ids import uuid7
from server.lib.opaque_tokens import hash_token, new_token
from server.lib.paging import PageQuery, cut_page
from server.lib.scope import Scope
from server.suggestions.states import State

PREFIX = "cuf_"
MOST_FEEDS = 50
SHOWN = (State.ACCEPTED, State.CONFIRMED)
# What was confirmed stays where it was for a while; what is open is never as old as this.
PAST_KEPT = timedelta(days=31)
# A read is not a write each time.
READ_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FeedFile:
    """What a calendar program gets; `tag` is another one for other content."""

    content: bytes
    tag: str
    changed_at: datetime


async def create_feed(scope: Scope, data: FeedIn, *, base_url: str, now: datetime) -> FeedCreated:
    """Make a feed; its address is told here and never again.

    Raises:
        Conflict: `too_many_feeds`: the user has 50.
    """
    token, token_hash = new_token(PREFIX)
    feed_id = uuid7()
    async with transaction():
        made = await queries.insert_feed(
            scope,
            feed_id,
            name=data.name,
            detail=data.detail,
            include_pending=data.include_pending,
            token_hash=token_hash,
            limit=MOST_FEEDS,
            now=now,
        )
        if not made:
            raise Conflict(
                f"You have {MOST_FEEDS} feeds; revoke one that no device reads.",
                code="too_many_feeds",
            )
        feed = await get_feed(scope, feed_id)
        await _record(scope, "feed.created", feed_id, now)
    return FeedCreated(**feed.model_dump(), url=f"{base_url}/feeds/{token}.ics")


async def get_feed(scope: Scope, feed_id: UUID) -> FeedOut:
    """Return a feed.

    Raises:
        NotFound: the caller has no such feed, or has revoked it.
    """
    row = await queries.get_feed(scope, feed_id)
    if row is None:
        raise NotFound
    return _feed(row)


async def list_feeds(scope: Scope, query: PageQuery) -> FeedPage:
    """Return a page of the caller's feeds by name."""
    rows = await queries.list_feeds(scope, after=query.after, limit=query.limit + 1)
    page, next_cursor = cut_page(rows, query.limit)
    return FeedPage(items=[_feed(row) for row in page], next_cursor=next_cursor)


async def patch_feed(
    scope: Scope, feed_id: UUID, data: FeedPatch, *, expected: int | None
) -> FeedOut:
    """Change the fields that are given; its address stays.

    Raises:
        NotFound: the caller has no such feed.
        PreconditionFailed: it has another version than `expected`.
    """
    given = data.model_dump(include=data.model_fields_set)
    row = await queries.update_feed(
        scope,
        feed_id,
        name=given.get("name"),
        detail=given.get("detail"),
        include_pending=given.get("include_pending"),
        version=expected,
    )
    if row is None:
        raise await _why_not(scope, feed_id)
    return _feed(row)


async def revoke_feed(scope: Scope, feed_id: UUID, *, expected: int | None, now: datetime) -> None:
    """End a feed: its address is not found from now on.

    Raises:
        NotFound: the caller has no such feed.
        PreconditionFailed: it has another version than `expected`.
    """
    async with transaction():
        if not await queries.revoke_feed(scope, feed_id, version=expected, now=now):
            raise await _why_not(scope, feed_id)
        await _record(scope, "feed.revoked", feed_id, now)


async def read_feed(token: str, *, now: datetime) -> FeedFile:
    """Return the calendar behind a token: two statements, and once an hour a third.

    Raises:
        NotFound: no such token, its feed is revoked, or its user disabled.
    """
    feed = await queries.find_feed(hash_token(token))
    if feed is None:
        raise NotFound
    scope = Scope(feed["household_id"], feed["user_id"])
    states = (*SHOWN, State.PENDING) if feed["include_pending"] else SHOWN
    rows = await queries.list_planned(scope, states=states, since=now - PAST_KEPT)
    if feed["last_read_at"] is None or now - feed["last_read_at"] >= READ_NOTED_EVERY:
        await queries.note_read(scope, feed["id"], now=now)
    hides_names = feed["detail"] == "hidden"
    content = events.calendar_of(rows, hides_names=hides_names, zone=feed["user_zone"])
    return FeedFile(
        content,
        hashlib.sha256(content).hexdigest()[:32],
        max(
            (events.changed_at(row, hides_names=hides_names) for row in rows),
            default=feed["created_at"],
        ),
    )


async def _record(scope: Scope, action: str, feed_id: UUID, now: datetime) -> None:
    await audit.record(
        scope.household_id,
        action,
        actor_id=scope.user_id,
        subject_kind="feed",
        subject_id=feed_id,
        now=now,
    )


async def _why_not(scope: Scope, feed_id: UUID) -> CatchUpError:
    """Say why nothing was changed: no such feed, or another version."""
    await get_feed(scope, feed_id)
    return PreconditionFailed("The feed was changed meanwhile; read it again.")


def _feed(row: Row) -> FeedOut:
    return FeedOut(**{name: row[name] for name in FeedOut.model_fields})
