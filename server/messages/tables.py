"""Replies, stored before they are parsed."""

from piccolo.columns import Bytea, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class InboxMessage(Table, tablename="inbox_messages"):
    """One inbound SMS or e-mail of a known user."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    channel = Varchar(length=7)
    provider = Varchar(length=20)
    provider_event_id = Varchar(length=200)
    body = Bytea(help_text="Encrypted.")
    state = Varchar(length=9, default="received", help_text="received, applied, proposed, ignored")
    outcome_code = Varchar(length=40, null=True, default=None)
    received_at = instant()
    handled_at = instant(null=True)
