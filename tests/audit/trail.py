"""A chain of one household, and a connection that reaches past every guard."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import asyncpg
from structlog.testing import capture_logs

from server import logs
from server.audit import queries, service, service_verify
from server.lib.ids import uuid7
from tests.servers import Servers, database_url
from tests.times import MONDAY

CHAIN_ID = uuid7()
_PERSONAL = ("id", "salt", "address")


async def record(
    *actions: str, now: datetime = MONDAY, address: str | None = None, **more: Any
) -> None:
    for action in actions:
        await service.record(
            CHAIN_ID, action, actor_id=more.get("actor_id", uuid7()), now=now, address=address
        )


async def flaw(chain_id: Any = CHAIN_ID) -> Any:
    return (await service_verify.verify_chain(chain_id)).flaw


@contextmanager
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """Collect what is logged, whatever level a test before this one left."""
    logs.configure("info")
    try:
        with capture_logs() as lines:
            yield lines
    finally:
        logs.configure("error")


@asynccontextmanager
async def intruder(servers: Servers, database: Any) -> AsyncIterator[asyncpg.Connection]:
    """Lend a superuser's connection on which no trigger and no foreign key holds."""
    name = database.database.rsplit("/", 1)[1]
    connection = await asyncpg.connect(database_url(servers.superuser_url, name))
    try:
        await connection.execute("SET session_replication_role = replica")
        # As COPY wants it: a version, then the text.
        await connection.set_type_codec(
            "jsonb",
            encoder=lambda value: b"\x01" + json.dumps(value).encode(),
            decoder=lambda data: json.loads(data[1:]),
            schema="pg_catalog",
            format="binary",
        )
        yield connection
    finally:
        await connection.close()


async def put(connection: asyncpg.Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Let the table hold these rows and no others."""
    rows = list(rows)
    await connection.execute("DELETE FROM audit_entries; DELETE FROM audit_personal")
    await connection.copy_records_to_table(
        "audit_entries",
        records=[[row[name] for name in queries.COLUMNS] for row in rows],
        columns=list(queries.COLUMNS),
    )
    await connection.copy_records_to_table(
        "audit_personal",
        records=[[row[name] for name in _PERSONAL] for row in rows if row["address"]],
        columns=list(_PERSONAL),
    )
