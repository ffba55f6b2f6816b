"""Messages to leave, written in the transaction that causes them."""

from piccolo.columns import JSONB, BigInt, Boolean, Bytea, Integer, SmallInt, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class OutboxMessage(Table, tablename="outbox_messages"):
    """One SMS or e-mail to a user, never to a contact."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    kind = Varchar(length=30)
    channel = Varchar(length=7, help_text="sms, email, console")
    dedupe_key = Varchar(length=200)
    state = Varchar(length=10, default="pending")
    address = Bytea(null=True, default=None, help_text="Encrypted recipient.")
    subject = Bytea(null=True, default=None, help_text="Encrypted.")
    body = Bytea(help_text="Encrypted.")
    html = Bytea(null=True, default=None, help_text="Encrypted.")
    is_urgent = Boolean(default=False, help_text="Quiet hours do not hold it.")
    cause_kind = Varchar(length=12, null=True, default=None)
    cause_id = reference(null=True)
    held_reason = Varchar(length=20, null=True, default=None, help_text="Why not yet.")
    suppressed_reason = Varchar(length=40, null=True, default=None)
    attempts = SmallInt(default=0)
    first_attempt_at = instant(null=True)  # when it took its place in the hour's cap
    attempt_at = instant(null=True)  # when the latest attempt began
    uncalled_attempt = SmallInt(
        null=True, default=None, help_text="The attempt whose call has certainly not begun."
    )
    lease_token = reference(null=True)  # of who may decide about it
    leased_until = instant(null=True)  # while sending: when others look at it
    in_doubt_since = instant(null=True)  # nobody knows whether the provider has it
    next_attempt_at = instant()
    expires_at = instant()
    provider = Varchar(length=20, null=True, default=None)
    provider_id = Varchar(length=100, null=True, default=None)
    error_code = Varchar(length=40, null=True, default=None)
    segments = SmallInt(null=True, default=None)
    cost_micros = Integer(
        null=True, default=None, help_text="Millionths of the account's currency."
    )
    created_at = instant()
    sent_at = instant(null=True)
    delivered_at = instant(null=True)


class MessageEvent(Table, tablename="message_events"):
    """What a provider said of a message, stored once."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    message_id = reference()
    provider = Varchar(length=20)
    provider_event_id = Varchar(length=200)
    kind = Varchar(length=30)
    at = instant()
    received_at = instant()
    data = JSONB(help_text="Codes only.")


class MessageAttempt(Table, tablename="message_attempts"):
    """One attempt at a message, from `sending` to what came of it; the database writes these.

    A trigger on the message's state does (migration m0021): no path can forget it.
    """

    id = primary_id()
    household_id = reference()
    user_id = reference()
    message_id = reference()
    number = SmallInt(default=0)
    channel = Varchar(length=7)
    started_at = instant()
    ended_at = instant(null=True)
    outcome = Varchar(
        length=10,
        null=True,
        default=None,
        help_text="accepted, again, failed, unknown, suppressed; null: under way.",
    )
    code = Varchar(length=40, null=True, default=None)


class AttemptTotal(Table, tablename="message_attempt_totals"):
    """How many attempts were deleted with their messages: counters of /metrics never fall."""

    id = primary_id()
    channel = Varchar(length=7)
    outcome = Varchar(length=10)
    deleted = BigInt(default=0)
