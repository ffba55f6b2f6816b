"""The key ring: every key wrapped by the master key."""

from piccolo.columns import Bytea, Integer, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class Key(Table, tablename="key_ring"):
    """A data key (household and class), a blind-index key, a signing key, or the master check."""

    id = primary_id()
    purpose = Varchar(length=6, help_text="master, data, index, jwt, audit")
    household_id = reference(null=True)
    data_class = Varchar(length=20, null=True, default=None)
    key_version = Integer(default=1)
    state = Varchar(length=11, default="active", help_text="readable, active, verify_only, retired")
    algorithm = Varchar(length=16, default="AES-256-GCM")
    wrapped = Bytea(secret=True, help_text="Key material, encrypted under the master key.")
    created_at = instant()
    retired_at = instant(null=True)
