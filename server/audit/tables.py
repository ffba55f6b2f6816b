"""The audit trail: append-only, hash-chained, without foreign keys."""

from piccolo.columns import JSONB, BigInt, Bytea, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id, reference


class AuditEntry(Table, tablename="audit_entries"):
    """Who did what to which object, when; one chain per household and one for the server."""

    id = primary_id()
    chain_id = reference()
    sequence = BigInt(help_text="Gap-free within its chain, from 1.")
    actor_id = reference(null=True)
    action = Varchar(length=60)
    subject_kind = Varchar(length=40, null=True, default=None)
    subject_id = reference(null=True)
    at = instant()
    address = Varchar(length=45, null=True, default=None, help_text="Stripped on erasure.")
    details = JSONB(help_text="Counts and codes; never personal content.")
    previous_hash = Bytea()
    hash = Bytea()
