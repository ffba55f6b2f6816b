"""Sessions of the box's own console: short, for the admin API only, and never renewed (ADR 0032).

Who holds the box's secrets could do anything; these sessions make it visible instead. They act in
the name of an admin, and each entry that they leave in the audit trail names their session.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from server.audit import service as audit
from server.db import Row, transaction
from server.errors import Conflict, NotFound
from server.lib.fields import canonical_email
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.users import access_tokens, queries, queries_console

ConsoleScope = Literal["read", "write"]

# A proof lasts as long as the session that writes (sessions.PROOF_LASTS).
LIVES: dict[ConsoleScope, timedelta] = {
    "read": timedelta(hours=1),
    "write": timedelta(minutes=10),
}
_ACTIONS: dict[ConsoleScope, str] = {"read": "console.opened", "write": "console.elevated"}


@dataclass(frozen=True, slots=True)
class ConsoleToken:
    """What the console holds: an access token, and no refresh token."""

    token: str
    expires_at: datetime
    email: str


async def open_console(
    wanted: ConsoleScope, *, email: str | None, by: dict[str, Any], now: datetime
) -> ConsoleToken:
    """Open a session in the name of an admin: of `email`, else of the oldest one.

    `by` names the user of the machine, for the audit trail and the list of sessions.

    Raises:
        NotFound: there is no admin yet, or nobody has that e-mail.
        Conflict: `not_an_admin`: who has it may not look after the server, or not sign in.
    """
    session_id, life = uuid7(), LIVES[wanted]
    async with transaction():
        row = await _admin(email)
        scope = Scope(row["household_id"], row["id"])
        await queries.insert_session(
            scope,
            session_id,
            user_agent=f"catchup console ({by.get('unix_user', 'unknown')})",
            address="",
            now=now,
            expires_at=now + life,
            mfa_at=None,
            console=wanted,
        )
        await audit.record(
            scope.household_id,
            _ACTIONS[wanted],
            actor_id=None,
            subject_kind="user",
            subject_id=scope.user_id,
            details={**by, "session_id": str(session_id)},
            now=now,
        )
    token, expires_at = await access_tokens.make(
        scope, session_id, life_s=int(life.total_seconds()), now=now
    )
    return ConsoleToken(token, expires_at, row["email"])


async def _admin(email: str | None) -> Row:
    if email is None:
        row = await queries_console.find_oldest_admin()
        if row is None:
            raise NotFound("There is no admin: `catchup users create EMAIL --admin` makes one.")
        return row
    row = await queries.find_user_by_email(canonical_email(email))
    if row is None:
        raise NotFound("Nobody has that e-mail; see `catchup users list`.")
    if row["server_role"] != "admin" or row["disabled_at"] is not None:
        raise Conflict(
            "That user may not look after the server: `catchup users role EMAIL admin` lets them.",
            code="not_an_admin",
        )
    return row
