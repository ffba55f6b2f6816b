"""Replies stored before they are parsed, who wants no messages, providers that have a rest."""

from piccolo.columns import Bytea, SmallInt, Varchar
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
    mail_id = Bytea(null=True, default=None, help_text="A mail's Message-ID, encrypted.")
    state = Varchar(length=9, default="received", help_text="received, applied, proposed, ignored")
    outcome_code = Varchar(length=40, null=True, default=None)
    received_at = instant()
    handled_at = instant(null=True)
    attempts = SmallInt(default=0, help_text="How often handling it failed.")
    next_attempt_at = instant(null=True)


class OptOut(Table, tablename="opt_outs"):
    """A user said STOP to a channel; the row stays when they say START, as the proof of both."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    channel = Varchar(length=7)
    stopped_at = instant()
    started_at = instant(null=True)  # None: still stopped
    set_aside_at = instant(null=True)  # it was said on a number that is not the user's any more
    former_numbers = Bytea(
        null=True, default=None, help_text="JSON list of numbers that said STOP, encrypted."
    )


class Breaker(Table, tablename="provider_breakers"):
    """How a provider does, as all workers saw it: failures in a row, and until when it rests."""

    id = primary_id()
    provider = Varchar(length=20)
    failures = SmallInt(default=0)
    open_until = instant(null=True)
    last_error_code = Varchar(length=40, null=True, default=None)
    changed_at = instant()
