"""A message could not be delivered: the user learns of it on another channel, once a day."""

from datetime import datetime

from server.lib.scope import Scope
from server.messages import queries
from server.messages.undelivered_words import notice
from server.outbox import service as outbox
from server.outbox.service import Cause, ChannelName

KIND = "undelivered"
_OTHER: dict[str, ChannelName] = {"sms": "email", "email": "sms"}


async def tell_undelivered(scope: Scope, channel: str, *, kind: str, now: datetime) -> None:
    """Tell a user on their other channel that nothing reaches them on `channel`.

    In the transaction that notes it; once a day. A notice that fails itself (`kind`) causes none.
    """
    reach = await queries.get_reach(scope)
    other = _OTHER[channel]
    if kind == KIND or reach is None or not reach[other]:
        return
    subject, body = notice(channel, reach["language"])
    await outbox.write(
        scope,
        kind=KIND,
        dedupe_key=f"{KIND}:{channel}:{scope.user_id}:{now.date().isoformat()}",
        subject="" if other == "sms" else subject,
        body=body,
        channel=other,
        now=now,
        cause=Cause("account", scope.user_id),
    )
