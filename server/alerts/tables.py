"""Alerts that were raised, each once a day for each subject."""

from piccolo.columns import Bytea, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id


class SecurityAlert(Table, tablename="security_alerts"):
    """That something suspicious happened; the audit trail says to whom."""

    id = primary_id()
    kind = Varchar(length=30)
    name = Bytea(help_text="HMAC of kind, subject and day: names nobody, so the row may stay.")
    at = instant()
