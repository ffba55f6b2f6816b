"""One user's preferences (the server's own settings are in config.py)."""

from piccolo.columns import JSONB, Boolean, Bytea, Integer, SmallInt, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class Preferences(Table, tablename="preferences"):
    """How and when a user wants to hear from us, and how much."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    max_open_suggestions = SmallInt(default=5)
    sms = Boolean(default=False)
    email = Boolean(default=True)
    digest_weekday = SmallInt(default=6, help_text="0 = Monday … 6 = Sunday.")
    digest_time = Varchar(length=5, default="09:00", help_text="Local wall time.")
    quiet_hours = JSONB(null=True, default=None, help_text="{start, end}, local wall time.")
    version = version()


class Availability(Table, tablename="availability"):
    """When a user is free to be asked."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    windows = JSONB(help_text="Weekday → list of {start, end}, local wall time.")
    commute = JSONB(help_text="As windows.")
    night_start = Varchar(length=5, null=True, default=None)
    night_end = Varchar(length=5, null=True, default=None)
    minimum_slot_minutes = Integer(default=30)
    horizon_days = Integer(default=14)
    all_day_blocks = Boolean(default=False)
    transparent_blocks = Boolean(default=False)
    version = version()


class PhoneCode(Table, tablename="phone_codes"):
    """A code that was sent to a phone, to learn whether the user holds it."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    phone = Bytea(help_text="E.164, encrypted.")
    number_hash = Bytea(help_text="Mac of the number: how often anyone had a code sent there.")
    code_hash = Bytea(help_text="Mac of row and code.")
    attempts = SmallInt(default=0)
    created_at = instant()
    expires_at = instant()
    used_at = instant(null=True)
