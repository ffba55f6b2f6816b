"""Calendar feeds: one revocable URL per device."""

from piccolo.columns import Boolean, Bytea, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference, version


class Feed(Table, tablename="feeds"):
    """A published calendar; the token in its URL is kept as a hash."""

    id = primary_id()
    household_id = reference()
    user_id = reference()
    name = Varchar(length=100)
    token_hash = Bytea(help_text="SHA-256 of the token.")
    detail = Varchar(length=6, default="full", help_text="full or hidden")
    include_pending = Boolean(default=True)
    created_at = instant()
    last_read_at = instant(null=True)
    revoked_at = instant(null=True)
    version = version()
