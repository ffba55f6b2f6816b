"""Messages to send."""

from dataclasses import replace
from uuid import UUID

from server.integrations.channel import Outgoing

MESSAGE = UUID("01900000-0000-7000-8000-000000000001")
SMS = Outgoing(
    message_id=MESSAGE,
    kind="digest",
    address="+14155550123",
    subject="",
    text="1 Mara, Thu 18:00: a call? Reply 1 yes, 1 later, 1 no.",
    html=None,
    unsubscribe_url=None,
    reply_to=None,
)
MAIL = replace(
    SMS,
    address="ana@example.org",
    subject="Three people to catch up with",
    text="Mara, Thursday at 18:00.\n",
    html="<p>Mara, Thursday at 18:00.</p>",
    unsubscribe_url="https://catchup.example.org/unsubscribe/token",
    reply_to="reply+token@in.example.org",
)
