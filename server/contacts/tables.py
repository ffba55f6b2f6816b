"""People kept in touch with, how to reach them, and what an import did."""

from piccolo.columns import JSONB, Boolean, Bytea, Integer, SmallInt, Text, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class Contact(Table, tablename="contacts"):
    """A person kept in touch with; `user_id` is the author."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    visibility = Varchar(length=9, default="private", help_text="private or household")
    name = Varchar(length=255)
    name_key = Varchar(length=510, help_text="Folded name: order of lists, matching.")
    nickname = Varchar(length=255, null=True, default=None)
    organisation = Varchar(length=255, null=True, default=None)
    title = Varchar(length=255, null=True, default=None)
    location = Varchar(length=255, null=True, default=None)
    zone = Varchar(length=64, null=True, default=None, help_text="IANA zone, null = not known.")
    zone_source = Varchar(length=8, null=True, default=None, help_text="given or inferred")
    search_key = Text(help_text="Folded names, organisation, place, phones and e-mails.")
    notes = Bytea(null=True, default=None, help_text="Encrypted text.")
    custom_fields = Bytea(null=True, default=None, help_text="Encrypted JSON object.")
    kept_properties = Bytea(
        null=True, default=None, help_text="Encrypted JSON list of vCard lines."
    )
    uid = Varchar(length=255, null=True, default=None, help_text="The vCard's UID.")
    source = Varchar(length=10, default="manual", help_text="manual, import, google, carddav")
    fingerprint = Bytea(
        null=True, default=None, help_text="SHA-256 of the lines of each card last imported."
    )
    photo_id = reference(null=True)
    photo_key = Bytea(null=True, default=None, help_text="Encrypted key of the photo's object.")
    photo_width = SmallInt(null=True, default=None, help_text="Pixels.")
    photo_height = SmallInt(null=True, default=None, help_text="Pixels.")
    photo_at = instant(null=True)
    created_at = instant()
    updated_at = instant()
    version = version()


class ContactPoint(Table, tablename="contact_points"):
    """A phone, e-mail, address, link or social handle of a contact."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    contact_id = reference()
    kind = Varchar(length=7, help_text="phone, email, address, link, social")
    value = Text(help_text="As the person wrote it; an address as lines.")
    normalised = Text(null=True, default=None, help_text="E.164 phone, lower-case e-mail.")
    components = JSONB(null=True, default=None, help_text="An address's parts.")
    label = Varchar(length=100, null=True, default=None)
    is_preferred = Boolean(default=False)
    params = JSONB(null=True, default=None, help_text="vCard group and parameters we do not use.")
    source = Varchar(length=10, default="manual")
    confirmed_at = instant(null=True)
    position = SmallInt(default=0)


class ContactDate(Table, tablename="contact_dates"):
    """An important date; a birthday may lack its year."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    contact_id = reference()
    kind = Varchar(length=11, help_text="birthday, anniversary, other")
    label = Varchar(length=100, null=True, default=None)
    year = SmallInt(null=True, default=None)
    month = SmallInt(default=1)
    day = SmallInt(default=1)


class ContactSettings(Table, tablename="contact_settings"):
    """What one user wants with one contact."""

    id = primary_id()
    household_id = reference()
    contact_id = reference()
    user_id = reference()
    cadence = Varchar(length=9, null=True, default=None, help_text="daily … flexible, none, days")
    cadence_days = SmallInt(null=True, default=None, help_text="Days, when cadence is `days`.")
    circle = Varchar(length=6, null=True, default=None, help_text="inner, close, active, casual")
    archived_at = instant(null=True)
    paused_until = instant(null=True)
    never_suggest = Boolean(default=False)
    preferred_way = Varchar(length=9, null=True, default=None, help_text="in_person or remote")
    version = version()


class Import(Table, tablename="imports"):
    """One imported file: what it was and what became of it."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    format = Varchar(length=5, help_text="vcard, csv, json, ics")
    content_sha256 = Bytea()
    created_at = instant()
    undone_at = instant(null=True)
    created = Integer(default=0)
    updated = Integer(default=0)
    unchanged = Integer(default=0)
    skipped = Integer(default=0)
    failed = Integer(default=0)


class ImportItem(Table, tablename="import_items"):
    """One card or row of an import and its outcome."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    import_id = reference()
    position = Integer(default=0, help_text="1-based place in the file.")
    line = Integer(default=0, help_text="1-based first line in the file.")
    outcome = Varchar(length=9, help_text="created, updated, unchanged, skipped, failed")
    code = Varchar(length=40, null=True, default=None, help_text="Stable reason code.")
    contact_id = reference(null=True)
    ledger = Bytea(null=True, default=None, help_text="Encrypted JSON: name, reason, before.")
