"""The audit trail: append-only, hash-chained, without foreign keys to those it speaks of."""

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
    details = JSONB(help_text="Counts and codes; never personal content.")
    commitment = Bytea(
        null=True, default=None, help_text="To the address in audit_personal; stays without it."
    )
    previous_hash = Bytea()
    hash = Bytea()


class AuditPersonal(Table, tablename="audit_personal"):
    """What of an entry is personal: erased with the person, and its chain stays whole."""

    id = primary_id()  # the entry's
    person_id = reference(null=True)
    salt = Bytea(null=True, default=None, help_text="None: older than commitments.")
    address = Varchar(length=45)


class AuditAnchor(Table, tablename="audit_anchors"):
    """A place in a chain that we signed: its newest entry then, or the last one pruned."""

    id = primary_id()
    chain_id = reference()
    sequence = BigInt()
    hash = Bytea(help_text="The entry's.")
    kind = Varchar(length=6, help_text="head, pruned")
    signature = Bytea()
    at = instant()
