"""Groups and tags: each user's own."""

from piccolo.columns import Boolean, SmallInt, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class Group(Table, tablename="groups"):
    """A named set of contacts; archiving keeps its members."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    name = Varchar(length=100)
    is_default = Boolean(default=False)
    cadence = Varchar(length=9, null=True, default=None, help_text="Inherited by members.")
    cadence_days = SmallInt(null=True, default=None)
    promoted_from_tag_id = reference(null=True)
    archived_at = instant(null=True)
    created_at = instant()
    version = version()


class GroupMember(Table, tablename="group_members"):
    """A contact in a group."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    group_id = reference()
    contact_id = reference()
    created_at = instant()


class Tag(Table, tablename="tags"):
    """One to three words about contacts."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    name = Varchar(length=100)
    name_key = Varchar(length=200, help_text="Folded name; unique per user.")
    created_at = instant()
    version = version()


class ContactTag(Table, tablename="contact_tags"):
    """A tag on a contact."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    tag_id = reference()
    contact_id = reference()
    source = Varchar(length=10, default="manual", help_text="manual, voice_note, reply, import")
    created_at = instant()
