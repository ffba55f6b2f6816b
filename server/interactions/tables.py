"""Calls, messages, meetings: planned, happened, confirmed are three states."""

from piccolo.columns import Bytea, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class Interaction(Table, tablename="interactions"):
    """One talk or meeting; only a confirmed one moves the cadence."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    visibility = Varchar(length=9, default="private")
    kind = Varchar(length=14, help_text="hangout, call, text, calendar_event")
    state = Varchar(length=9, help_text="planned, happened, confirmed")
    occurred_at = instant()
    notes = Bytea(null=True, default=None, help_text="Encrypted text.")
    suggestion_id = reference(null=True)
    created_at = instant()
    updated_at = instant()
    version = version()


class InteractionContact(Table, tablename="interaction_contacts"):
    """Who took part."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    interaction_id = reference()
    contact_id = reference()
