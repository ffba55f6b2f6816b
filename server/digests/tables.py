"""Digests: when each user's next one is due, what became of each, and the codes to answer with."""

from piccolo.columns import Date, Integer, SmallInt, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class DigestSchedule(Table, tablename="digest_schedules"):
    """When a user's next digest is due; worked out anew when `rule` is no longer the user's."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    rule = Varchar(length=80, help_text="Weekday, wall time and zone that it was worked out for.")
    next_on = Date(default=None, null=False, help_text="Its date on the user's calendar.")
    next_at = instant()


class Digest(Table, tablename="digests"):
    """One occurrence and what became of it: at most one for each user and local date."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    local_date = Date(default=None, null=False)
    due_at = instant()
    state = Varchar(length=14, help_text="written, nothing_to_say, skipped")
    reason = Varchar(length=40, null=True, default=None, help_text="Why it was skipped.")
    listed = SmallInt(default=0, help_text="Suggestions in it.")
    written_at = instant()


class SuggestionNotice(Table, tablename="suggestion_notices"):
    """A message about one suggestion alone: told at once, or asked whether it happened."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    suggestion_id = reference()
    purpose = Varchar(length=12, help_text="suggestion or confirmation")
    state = Varchar(length=7, help_text="written or skipped")
    reason = Varchar(length=40, null=True, default=None, help_text="Why it was skipped.")
    written_at = instant()


class MessageCode(Table, tablename="message_codes"):
    """What a number in a message stands for; `number` counts on for each user, `code` wraps."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    message_id = reference()
    suggestion_id = reference()
    purpose = Varchar(length=12, help_text="suggestion or confirmation")
    number = Integer(default=1)
    code = SmallInt(default=1, help_text="What the user reads and answers: 1 to 99.")
    created_at = instant()
