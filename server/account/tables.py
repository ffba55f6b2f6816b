"""Accounts that are being closed, and the proof of those that are gone."""

from piccolo.columns import JSONB, Bytea, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class Erasure(Table, tablename="erasures"):
    """One wish to be forgotten; it outlives the person, so that a restored backup can repeat it.

    Waiting until `due_at`, then cancelled, or started and erased. Without foreign keys, and
    without anything personal: ids, times and counts.
    """

    id = primary_id()
    person_id = reference()
    home_id = reference()
    requested_at = instant()
    due_at = instant()
    shared = Varchar(length=9, default="hand_over", help_text="hand_over or erase")
    restore_hash = Bytea(
        null=True, default=None, help_text="SHA-256 of the token that takes it back."
    )
    cancelled_at = instant(null=True)
    started_at = instant(null=True)
    erased_at = instant(null=True)
    certificate = JSONB(
        null=True,
        default=None,
        help_text="Ids, counts and times only; what there was, once started.",
    )
