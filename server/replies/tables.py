"""What replies did, so that it can be undone and followed."""

from piccolo.columns import SmallInt, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class ReplyAction(Table, tablename="reply_actions"):
    """What one reply did to one suggestion, and how it was before."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    inbox_message_id = reference()
    suggestion_id = reference()
    code = SmallInt(default=0, help_text="The number that the user answered with.")
    action = Varchar(length=9, help_text="accept, dismiss, snooze, confirm, miss")
    left_as = Varchar(length=9, help_text="The suggestion's state afterwards.")
    before_state = Varchar(length=9)
    before_slot_start = instant(null=True)
    before_slot_end = instant(null=True)
    before_snoozed_until = instant(null=True)
    applied_at = instant()
    undone_at = instant(null=True)
