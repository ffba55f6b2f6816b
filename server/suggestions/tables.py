"""Suggestions: whom to contact, when and why."""

from piccolo.columns import (
    JSONB,
    BigInt,
    Boolean,
    Bytea,
    Date,
    DoublePrecision,
    Integer,
    Varchar,
)
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class Suggestion(Table, tablename="suggestions"):
    """A prompt to get in touch; whom is in SuggestionContact.

    Open = pending, snoozed or accepted. A snoozed one has no slot until it comes back.
    """

    id = primary_id()
    household_id = reference()
    user_id = reference()
    trigger = Varchar(length=15, help_text="timebound, shared_activity, important_date")
    kind = Varchar(length=10, default="individual", help_text="individual or group")
    state = Varchar(length=9, default="pending")
    way = Varchar(length=9, default="call", help_text="in_person or call")
    slot_start = instant(null=True)
    slot_end = instant(null=True)
    slot_zone = Varchar(length=64, help_text="The user's zone when the slot was chosen.")
    score = DoublePrecision(default=0.0)
    reasons = JSONB(help_text="List of {code, weight, data, as_of}; the weights sum to the score.")
    about_on = Date(null=True, default=None, help_text="The important date it is about.")
    snoozed_until = instant(null=True)
    dismissed_reason = Varchar(length=20, null=True, default=None)
    dismissed_note = Bytea(null=True, default=None, help_text="Encrypted text.")
    interaction_id = reference(null=True)
    created_at = instant()
    closed_at = instant(null=True)
    updated_at = instant()
    sequence = Integer(default=0, help_text="SEQUENCE of the feed's event.")
    version = version()


class SuggestionContact(Table, tablename="suggestion_contacts"):
    """Whom a suggestion is about; `is_open` follows the suggestion's state by trigger."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    suggestion_id = reference()
    contact_id = reference()
    is_open = Boolean(default=True)


class SuggestionTotal(Table, tablename="suggestion_totals"):
    """How many were ever made on the whole server; no row of a suggestion that goes lowers it."""

    trigger = Varchar(length=15, primary_key=True)
    made = BigInt(default=0)
