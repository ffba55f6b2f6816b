"""Each message from its cause to its reply, and why somebody got none."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType

from tui.acts import Act, Outcome
from tui.screens.asked import Asked, Fetched
from tui.screens.lists import ListScreen
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.detail import Detail, Section, fact
from tui.widgets.dialogs import Preview
from tui.widgets.paint import MARKS, Tone
from tui.widgets.words import ago, instant

if TYPE_CHECKING:
    from server.admin.schemas_messages import MessageOut, MessageTraceOut

_TONES = {
    "pending": Tone.BUSY,
    "sending": Tone.BUSY,
    "accepted": Tone.GOOD,
    "delivered": Tone.GOOD,
    "failed": Tone.BAD,
    "unknown": Tone.WARN,
    "suppressed": Tone.DIM,
}


class MessagesScreen(ListScreen):
    """Messages, newest first."""

    NAME = "messages"
    TITLE = "Messages"
    EMPTY = "No message fits."
    COLUMNS = (
        Column("State", 12),
        Column("Created", 9, sort="newest"),
        Column("Kind", 14, grow=1),
        Column("By", 5),
        Column("Why", 14, grow=2),
        Column("Tries", 5, is_right=True),
        Column("Provider", 10, from_width=100),
        Column("For user", 36, from_width=110),
    )
    FACETS: ClassVar[dict[str, tuple[str, ...]]] = {
        "state": tuple(_TONES),
        "kind": (),
        "channel": ("sms", "email"),
        "user": (),
    }
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+t", "act('retry')", "Send again")]

    async def fetch(self, asked: Asked) -> Fetched:
        """Read a page of messages."""
        from tui.calls import messages  # after the first frame

        page = await messages.list_messages(
            self.connected,
            state=asked.facet("state"),
            kind=asked.facet("kind"),
            channel=asked.facet("channel"),
            user=asked.facet("user"),
            sort=asked.sort,
            limit=asked.limit,
            cursor=asked.cursor,
        )
        now = self.session.now()
        return Fetched([_row(message, now) for message in page.items], page.next_cursor)

    async def detail(self, row: Row) -> Detail:
        """Trace a message."""
        from tui.calls import messages

        trace = await messages.trace_message(self.connected, _message(row).id)
        return _trace(trace, self.session.now())

    def acts(self) -> Sequence[Act]:
        """Send again what failed or may not have arrived."""
        row = self.row
        if row is None or _message(row).state not in {"failed", "unknown"}:
            return ()
        message = _message(row)

        async def preview(_: list[str]) -> Preview:
            sure = message.state == "failed"
            return Preview(
                title="Send again",
                sentence=f"The {message.kind} by {message.channel} is handed to the provider again."
                + ("" if sure else " It may have arrived: then it arrives a second time."),
                touches=(("message", 1),),
                way_back="What has left cannot be called back.",
            )

        async def perform(_: list[str]) -> Outcome:
            from tui.calls import messages

            sent = await messages.retry_message(
                self.connected, message.id, confirm=message.state == "unknown"
            )
            return Outcome(f"The message is {sent.state}.")

        return (Act("retry", "Send again", perform, preview=preview, destroys=True),)


def _message(row: Row) -> "MessageOut":
    return cast("MessageOut", row.data)


def _row(message: "MessageOut", now: datetime) -> Row:
    tone = _TONES[message.state]
    cells = (
        Cell(f"{MARKS[tone]} {message.state}", tone),
        Cell(ago(message.created_at, now), Tone.DIM),
        Cell(message.kind),
        Cell(message.channel, Tone.DIM),
        Cell(message.code or "", tone if tone in {Tone.BAD, Tone.WARN} else Tone.PLAIN),
        Cell(str(message.attempts)),
        Cell(message.provider or "", Tone.DIM),
        Cell(str(message.user_id), Tone.DIM),
    )
    return Row(str(message.id), cells, message)


def _trace(trace: "MessageTraceOut", now: datetime) -> Detail:
    message = trace.message
    tone = _TONES[message.state]
    sections = [
        Section(
            "Message",
            (
                fact("state", message.state, tone),
                fact("why", message.code),
                fact("id", message.id),
                fact("for user", message.user_id),
                fact("kind", f"{message.kind} by {message.channel}"),
                fact("created", instant(message.created_at, now)),
                fact("next attempt", instant(message.next_attempt_at, now)),
                fact("sent", instant(message.sent_at, now)),
                fact("delivered", instant(message.delivered_at, now)),
                fact("provider", message.provider),
                fact("its id there", message.provider_id),
            ),
        ),
        Section(
            "Cause",
            (
                fact(message.cause_kind or "none", message.cause_id),
                *(
                    fact(f"suggestion {one.code or ''}", f"{one.state}, {one.trigger}, {one.id}")
                    for one in trace.suggestions
                ),
                *(
                    [fact("digest", f"{trace.digest.local_date}, {trace.digest.listed} listed")]
                    if trace.digest
                    else []
                ),
            ),
        ),
        Section(
            "Attempts",
            tuple(
                fact(
                    f"no. {one.number}",
                    f"{instant(one.started_at, now)}: {one.outcome or 'now'} {one.code or ''}",
                    Tone.BAD if one.outcome == "failed" else Tone.PLAIN,
                )
                for one in trace.attempts
            ),
        ),
        Section(
            "Provider said",
            tuple(fact(one.kind, f"{instant(one.at, now)} {one.provider}") for one in trace.events),
        ),
        Section(
            "Replies",
            tuple(
                fact(one.state, f"{instant(one.received_at, now)} {one.channel} {one.code or ''}")
                for one in trace.replies
            ),
        ),
    ]
    return Detail(
        f"{message.kind} by {message.channel}", tuple(one for one in sections if one.facts)
    )
