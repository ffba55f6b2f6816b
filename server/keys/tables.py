"""The key ring: every key wrapped by the master key; and what is known about its rotation."""

from piccolo.columns import UUID, BigInt, Bytea, Integer, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class Key(Table, tablename="key_ring"):
    """A data key (household and class), a blind-index key, a signing key, or the master check.

    States: docs/adr/0020. Of a former master key `wrapped` holds the key itself, for old archives.
    """

    id = primary_id()
    purpose = Varchar(length=6, help_text="master, data, index, jwt, audit, mac")
    household_id = reference(null=True)
    data_class = Varchar(length=20, null=True, default=None)
    key_version = Integer(default=1)
    state = Varchar(
        length=11, default="active", help_text="readable, active, retiring, retired, revoked"
    )
    algorithm = Varchar(length=16, default="AES-256-GCM")
    wrapped = Bytea(secret=True, help_text="Key material, encrypted under the master key.")
    created_at = instant()
    retiring_at = instant(null=True)
    needed_until = instant(null=True)
    retired_at = instant(null=True)


class Rotation(Table, tablename="key_rotations"):
    """One rotation and how far it is; a job goes on where this row says, after a kill, too."""

    id = primary_id()
    purpose = Varchar(length=6, help_text="data, index, jwt, audit, mac")
    household_id = reference(null=True)
    data_class = Varchar(length=20, null=True, default=None)
    state = Varchar(length=9, help_text="readable, rewriting, waiting, clearing, done")
    table_name = Varchar(length=63, null=True, default=None, help_text="Being rewritten.")
    position = UUID(default=None, null=True, help_text="The last row that is done with.")
    unreadable = BigInt(default=0, help_text="Values that this pass could not open.")
    horizon = BigInt(null=True, default=None, help_text="Older transactions may not know the keys.")
    values_done = BigInt(default=0)
    values_total = BigInt(default=0, help_text="As counted at the beginning.")
    started_at = instant()
    activated_at = instant(null=True)
    finished_at = instant(null=True)


class KeyHolder(Table, tablename="key_holders"):
    """A running process, and the newest master key that it holds."""

    id = primary_id()
    master_version = Integer(default=0)
    seen_at = instant()


class ArchiveKey(Table, tablename="archive_keys"):
    """A key that a kept archive cannot be opened without; it does not retire before the archive."""

    id = primary_id()
    key_id = reference()
    archive = Varchar(length=200)
    noted_at = instant()
