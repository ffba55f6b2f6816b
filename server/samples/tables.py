"""What each process noted of itself and of the server, every ten seconds."""

from piccolo.columns import Array, BigInt, Integer, Real, SmallInt, Varchar
from piccolo.table import Table

from server.lib.columns import instant, primary_id


class Sample(Table, tablename="samples"):
    """`span_s` seconds of one process from `at` on; after thinning, of all of its name."""

    id = primary_id()
    process = Varchar(length=10, help_text="server, worker")
    at = instant()
    span_s = SmallInt(default=10, help_text="10, 60 or 600")
    cpu_percent = Real(default=0.0, help_text="Of one core.")
    memory_bytes = BigInt(default=0)
    requests = Integer(default=0)
    latency_counts = Array(
        base_column=Integer(default=0),
        null=True,
        default=None,
        help_text="Requests by server.lib.latency; null: there was none.",
    )
    queued = Integer(null=True, default=None)
    running = Integer(null=True, default=None)
    messages_pending = Integer(null=True, default=None)
    connections = Integer(default=0)
