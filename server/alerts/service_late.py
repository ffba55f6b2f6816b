"""A digest that is due, or an urgent message, that no provider has accepted: somebody must know."""

from datetime import datetime, timedelta

import structlog

from server.alerts import queries_late
from server.alerts.rules_late import ENDED_SHOWN, HELD, LONGEST_LIFE, PATIENCE, Late
from server.alerts.words_late import SUBJECT, body_of, sms_of
from server.db import transaction
from server.lib.ids import uuid7
from server.lib.scope import Scope
from server.outbox import service as outbox
from server.users import admins

LIFE = timedelta(hours=24)
"""An alert that could not leave within a day says nothing new."""

log = structlog.get_logger()


async def list_late(*, now: datetime) -> list[Late]:
    """Return what should have left a quarter of an hour ago; two statements."""
    rows = await queries_late.list_overdue_of_server(
        due_before=now - PATIENCE,
        ended_after=now - ENDED_SHOWN,
        written_after=now - LONGEST_LIFE,
        held=HELD,
    )
    unwritten = await queries_late.find_unwritten_of_server(due_before=now - PATIENCE)
    late = [Late(**row) for row in rows]
    if unwritten["digests"]:
        late.append(Late(None, "unwritten", None, unwritten["digests"], unwritten["since"]))
    return late


async def watch(*, now: datetime) -> int:
    """Tell every admin once a day and channel what is late; return the number of messages written.

    By e-mail, and by SMS, too, where that goes on: the mail may be what is broken. What is written
    here never counts as late itself, so that no alert is about an alert.
    """
    late = await list_late(now=now)
    if not late:
        return 0
    channels = {one.channel for one in late}
    phones = set() if "sms" in channels else await queries_late.list_admin_phones_of_server()
    alert, written = outbox.Cause("alert", uuid7()), 0
    async with transaction():
        for scope in await admins.list_admins():
            ways: tuple[outbox.ChannelName, ...] = (
                ("email", "sms") if scope.user_id in phones else ("email",)
            )
            for channel in channels:
                about = [one for one in late if one.channel == channel]
                for way in ways:
                    written += await _tell(scope, way, about, alert, now=now)
    if written:
        log.warning("messages.late", messages=sum(one.messages for one in late))
    return written


async def _tell(
    scope: Scope, way: outbox.ChannelName, late: list[Late], alert: outbox.Cause, *, now: datetime
) -> bool:
    message_id = await outbox.write(
        scope,
        kind="late_alert",
        dedupe_key=f"late:{now:%Y-%m-%d}:{late[0].channel}:{scope.user_id}:{way}",
        subject=SUBJECT,
        body=sms_of(late) if way == "sms" else body_of(late),
        channel=way,
        now=now,
        life=LIFE,
        is_urgent=True,
        cause=alert,
    )
    return message_id is not None
