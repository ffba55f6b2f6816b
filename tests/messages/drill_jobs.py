"""Jobs beside the messages, each with effects that can be counted: what PostgreSQL says of them.

A digest is due, a question comes up whether a suggestion happened, an SMS answers a suggestion,
the engine looks at one user. What each leaves behind has to be there exactly once.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import httpx2

from server import db, queue
from server.digests import service as digests
from server.jobs import service as schedules
from server.lib.clock import utc_now
from server.lib.scope import Scope
from server.messages import inbox
from server.redis_client import shared
from server.users import reach
from tests.digests.people import REASONS
from tests.factories import Member
from tests.fakes.signing import TWILIO_HEADER, twilio_signature
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN
from tests.rows import insert_contact, insert_own, insert_suggestion, make

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SMS = "/api/webhooks/sms"
ASKED = "drill_asked"
"""The kind of the messages whose numbers are answered; none of them is to be sent."""
DIGESTS, QUESTIONS, REPLIES, PASSES = "digests", "questions", "replies", "passes"

# Each effect of each kind of job, by the key of the job that left it.
_EFFECTS = {
    DIGESTS: (
        "SELECT user_id::text AS key FROM digests WHERE state = 'written'",
        "SELECT user_id::text AS key FROM outbox_messages WHERE kind = 'digest'",
    ),
    QUESTIONS: (
        "SELECT user_id::text AS key FROM suggestion_notices WHERE purpose = 'confirmation'",
        "SELECT user_id::text AS key FROM outbox_messages WHERE kind = 'confirmation'",
    ),
    REPLIES: (
        "SELECT provider_event_id AS key FROM inbox_messages WHERE state = 'applied'",
        """SELECT i.provider_event_id AS key
            FROM reply_actions a JOIN inbox_messages i ON i.id = a.inbox_message_id
                JOIN suggestions s ON s.id = a.suggestion_id AND s.state = 'dismissed'""",
        """SELECT i.provider_event_id AS key
            FROM outbox_messages m JOIN inbox_messages i ON i.id = m.cause_id
            WHERE m.cause_kind = 'inbox' AND m.kind = 'receipt'""",
    ),
    PASSES: ("SELECT user_id::text AS key FROM suggestions",),
}

Deed = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Work:
    """What is to happen: keys of the jobs by kind, and those that somebody asks for."""

    keys: dict[str, set[str]]
    deeds: list[Deed]


@dataclass(frozen=True)
class Done:
    """What became of the jobs of a kind; one is missing while any of its effects is."""

    wanted: int
    missing: int
    doubled: int

    def __str__(self) -> str:
        return f"{self.wanted} (missing {self.missing}, doubled {self.doubled})"


async def make_work(
    writers: Sequence[Scope],
    repliers: Sequence[Scope],
    newcomers: Sequence[Scope],
    *,
    replies_each: int,
    seconds: float,
    server_url: str | None,
) -> Work:
    """Make the rows that jobs are about, due at an even pace from now on.

    Each writer has a digest and a question, each newcomer a contact who is due. A replier answers
    by SMS: through the webhook of the server at `server_url`, else straight into the inbox.
    """
    now = utc_now()
    # The engine's own pass waits until the end: it is what finds the nudges that were lost.
    await schedules.sync_schedules(now=now)
    await _let_engine_pass(is_enabled=False)
    await digests.keep_schedules(now=now)
    texted: dict[str, Deed] = {}
    async with db.transaction():
        for place, scope in enumerate(writers):
            at = now + timedelta(seconds=seconds * place / len(writers))
            await _make_digest_and_question(scope, at, now)
        for scope in newcomers:
            await _make_due_contact(scope, "Nora", now)
        for scope in repliers:
            texted |= await _make_answers(scope, replies_each, server_url, now)
    keys = {
        DIGESTS: {str(scope.user_id) for scope in writers},
        QUESTIONS: {str(scope.user_id) for scope in writers},
        REPLIES: set(texted),
        PASSES: {str(scope.user_id) for scope in newcomers},
    }
    return Work(
        {kind: wanted for kind, wanted in keys.items() if wanted},
        [
            *texted.values(),
            *(partial(queue.ask_for_user, "suggest_to_user", scope) for scope in newcomers),
        ],
    )


async def done(work: Work) -> dict[str, Done]:
    """Count the effects of each kind of job."""
    found = {}
    for kind, keys in work.keys.items():
        counts = [
            Counter(row["key"] for row in await db.fetch(statement) if row["key"] in keys)
            for statement in _EFFECTS[kind]
        ]
        found[kind] = Done(
            len(keys),
            missing=sum(any(count[key] == 0 for count in counts) for key in keys),
            doubled=sum(any(count[key] > 1 for count in counts) for key in keys),
        )
    return found


async def catch_up() -> None:
    """Let the engine's next pass be due, as it is every six hours: it finds what was not asked."""
    await _let_engine_pass(is_enabled=True)


async def start_all() -> None:
    """Flush Redis, and start all that is due at once: a test need not wait for the minute."""
    await shared().flushall()
    await catch_up()
    await db.execute("UPDATE schedules SET last_started_at = $1", utc_now() - 7 * HOUR)
    await schedules.reconcile(now=utc_now())


async def _let_engine_pass(*, is_enabled: bool) -> None:
    await db.execute(
        """UPDATE schedules SET is_enabled = $1, last_started_at = $2, last_succeeded_at = $2
            WHERE name = 'generate_suggestions'""",
        is_enabled,
        utc_now() - 7 * HOUR,
    )


def _member(scope: Scope) -> Member:
    return Member(scope, "", "", "")


async def _make_due_contact(scope: Scope, name: str, now: datetime) -> UUID:
    """Make somebody whom the engine suggests, and goes on suggesting."""
    contact = await insert_contact(_member(scope), name=name, created_at=now - 400 * DAY)
    await insert_own("contact_settings", _member(scope), contact_id=contact, cadence="weekly")
    return contact


async def _make_digest_and_question(scope: Scope, at: datetime, now: datetime) -> None:
    member = _member(scope)
    listed = await _make_due_contact(scope, "Ana", now)
    await insert_suggestion(member, listed, slot_start=now + DAY, reasons=REASONS)
    met = await insert_contact(member, name="Ben")
    await insert_suggestion(member, met, state="accepted", slot_start=at - HOUR, slot_end=at)
    await db.execute(
        "UPDATE digest_schedules SET next_at = $2, next_on = $3 WHERE user_id = $1",
        scope.user_id,
        at,
        at.date(),
    )


async def _make_answers(
    scope: Scope, count: int, server_url: str | None, now: datetime
) -> dict[str, Deed]:
    """Number suggestions of a user's; return what answers each with no, by the SMS's id."""
    member = _member(scope)
    found = await reach.get_phone(scope)
    assert found is not None
    asked = await make("outbox_messages", member, kind=ASKED, channel="sms", state="delivered")
    deeds: dict[str, Deed] = {}
    for code in range(1, count + 1):
        contact = await insert_contact(member, name=f"P{code}")
        suggestion = await insert_suggestion(member, contact, slot_start=now + (1 + code) * DAY)
        await insert_own(
            "message_codes", member, message_id=asked, suggestion_id=suggestion, code=code,
            number=code, purpose="suggestion", created_at=now,
        )  # fmt: skip
        sid = f"SM{suggestion.hex}"
        deeds[sid] = (
            partial(_answer, server_url, sid, found[0], f"{code} no")
            if server_url
            else partial(_store, scope, sid, f"{code} no")
        )
    return deeds


async def _store(scope: Scope, sid: str, text: str) -> None:
    await inbox.receive(
        scope, channel="sms", provider="twilio", provider_event_id=sid, text=text, now=utc_now()
    )


async def _answer(server_url: str, sid: str, sender: str, text: str) -> None:
    """Send an SMS to the server.

    Raises:
        ConnectionError: it was not taken; as Twilio does, the caller comes again.
    """
    form = {"MessageSid": sid, "AccountSid": ACCOUNT, "From": sender, "To": NUMBER, "Body": text}
    headers = {TWILIO_HEADER: twilio_signature(TOKEN, server_url + SMS, form)}
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        try:
            reply = await client.post(server_url + SMS, data=form, headers=headers)
        except httpx2.HTTPError as error:
            raise ConnectionError from error
    if not reply.is_success:
        raise ConnectionError(reply.status_code)
