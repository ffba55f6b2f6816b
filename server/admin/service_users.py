"""Users of the whole server in the shapes of the API: who they are, and what an act would touch."""

from datetime import datetime
from typing import Any
from uuid import UUID

from server.account import service_close
from server.admin import queries_silence, rules_users
from server.admin import queries_users as queries
from server.admin.schemas_users import (
    AdminUserDetailOut,
    AdminUserOut,
    AdminUserPage,
    PreviewOut,
    PreviewQuery,
    UserChannelOut,
    UserSessionOut,
    UserSessionPage,
    UsersQuery,
)
from server.db import Row
from server.errors import NotFound
from server.lib import cursors
from server.lib.paging import ShortListQuery, read_cursor
from server.lib.scope import Scope
from server.users import service_sessions

_OWN_FIELDS = frozenset(AdminUserOut.model_fields) - {"state"}


async def list_users(query: UsersQuery, *, now: datetime) -> AdminUserPage:
    """Return a page of the server's users.

    Raises:
        BadInput: the cursor is not one of a list that is sorted so.
    """
    kind = datetime if query.sort in ("newest", "oldest") else str
    rows = await queries.list_users_of_server(
        q=query.q,
        role=query.role,
        state=query.state,
        sort=query.sort,
        after=read_cursor(query.cursor, (kind, UUID)),
        limit=query.limit + 1,
        now=now,
    )
    page = rows[: query.limit]
    last = page[-1] if len(rows) > len(page) else None
    return AdminUserPage(
        items=[user_out(row) for row in page],
        next_cursor=cursors.encode((last["place"], last["id"])) if last else None,
    )


async def get_user(user_id: UUID, *, now: datetime) -> AdminUserDetailOut:
    """Return a user with all that hangs on them, counted.

    Raises:
        NotFound: there is none of this id.
    """
    row = await find(user_id, now=now)
    scope = Scope(row["household_id"], row["id"])
    wishes = await queries_silence.find_user(user_id)
    stopped = {
        one["channel"]: one["stopped_at"] for one in await queries_silence.list_stopped(scope)
    }
    verified = {"email": True, "sms": bool(wishes and wishes["phone_verified_at"])}
    return AdminUserDetailOut(
        **user_out(row).model_dump(),
        **{
            name: row[name]
            for name in AdminUserDetailOut.model_fields
            if name not in AdminUserOut.model_fields and name not in ("channels", "rows")
        },
        channels=[
            UserChannelOut(
                channel=channel,
                is_wanted=bool(wishes and wishes[channel]),
                is_verified=verified[channel],
                stopped_at=stopped.get(channel),
            )
            for channel in ("sms", "email")
        ],
        rows=await service_close.count_rows(scope),
    )


async def preview(user_id: UUID, query: PreviewQuery, *, now: datetime) -> PreviewOut:
    """Say what an act would touch; changes nothing.

    Raises:
        NotFound: there is no such user.
    """
    row = await find(user_id, now=now)
    scope = Scope(row["household_id"], row["id"])
    rows: dict[str, int] = {}
    if query.act in ("export", "erase"):
        rows = await service_close.count_rows(scope)
    touched = rules_users.touches(query.act, row, role=query.role, rows=rows)
    if query.act == "erase":
        fate = "handed_over" if query.shared == "hand_over" and row["housemates"] else "erased"
        touched[f"shared_{fate}"] = await queries.get_shared(scope)
    code = rules_users.refusal(query.act, row, role=query.role)
    return PreviewOut(
        act=query.act,
        user_id=user_id,
        email=row["email"],
        code=code,
        sentence=rules_users.sentence(query.act, touched, code),
        touches=touched,
    )


async def list_sessions(user_id: UUID, query: ShortListQuery, *, now: datetime) -> UserSessionPage:
    """Return a user's live sessions, newest first.

    Raises:
        NotFound: there is no such user. BadInput: the cursor is not one that this list gave.
    """
    row = await find(user_id, now=now)
    scope = Scope(row["household_id"], row["id"])
    found = await service_sessions.list_sessions(scope, query, current=None, now=now)
    return UserSessionPage(
        items=[UserSessionOut(**one.model_dump(exclude={"is_current"})) for one in found.items],
        next_cursor=found.next_cursor,
    )


async def find(user_id: UUID, *, now: datetime) -> Row:
    """Return a user's row with what hangs on them, counted.

    Raises:
        NotFound: there is none of this id.
    """
    row = await queries.find_user(user_id, now=now)
    if row is None:
        raise NotFound
    return row


def user_out(row: Row) -> AdminUserOut:
    """Return the user that a row of queries_users describes."""
    values: dict[str, Any] = {name: row[name] for name in _OWN_FIELDS}
    return AdminUserOut(**values, state=rules_users.state_of(row))
