"""Encrypted values in every column that holds some, written as their owners would."""

from datetime import datetime, timedelta
from uuid import UUID

from server import db
from server.keys import blind_index, queries_rotation, rewriting, service, service_rotation
from server.keys.classes import BLIND_INDEXES
from tests.factories import Member
from tests.rows import make
from tests.times import MONDAY

PHONE = BLIND_INDEXES[0]


async def seal_every_column(member: Member) -> None:
    """Make a row in each table with encrypted columns, and seal all of them."""
    tables = rewriting.tables_of(None)
    for table in tables.keys() - {"users"}:
        await make(table, member)
    box = await service.box(member.scope.household_id)
    for table, columns in tables.items():
        for row_id in await ids_of(table, member):
            await set_sealed(table, columns, row_id, box)


async def set_sealed(table: str, columns: list[str], row_id: UUID, box: service.Box) -> None:
    """Seal a value in each of a row's columns, with its digests where it has some."""
    values: dict[str, object] = {
        column: box.seal(table, column, row_id, text_of(table, column)) for column in columns
    }
    if "photo_key" in values:
        values |= {"photo_id": row_id, "photo_width": 1, "photo_height": 1, "photo_at": MONDAY}
    if table == "users":
        values |= await blind_index.columns_for(PHONE, text_of(*PHONE.column))
    places = ", ".join(f"{name} = ${number}" for number, name in enumerate(values, 2))
    await db.execute(f"UPDATE {table} SET {places} WHERE id = $1", row_id, *values.values())


async def list_wrong(member: Member) -> list[tuple[str, str]]:
    """Return the columns whose value does not open as what was sealed; read anew."""
    service.forget_boxes()
    box = await service.box(member.scope.household_id)
    wrong = []
    for table, columns in rewriting.tables_of(None).items():
        names = ", ".join(columns)
        for row_id in await ids_of(table, member):
            row = await db.fetch_row(f"SELECT {names} FROM {table} WHERE id = $1", row_id)
            assert row is not None
            wrong += [
                (table, column)
                for column in columns
                if box.open(table, column, row_id, row[column]) != text_of(table, column)
            ]
    return wrong


async def ids_of(table: str, member: Member) -> list[UUID]:
    """Return the member's rows; of users, the member."""
    column = "id" if table == "users" else "user_id"
    rows = await db.fetch(
        f"SELECT id FROM {table} WHERE {column} = $1 ORDER BY id", member.scope.user_id
    )
    return [row["id"] for row in rows]


def text_of(table: str, column: str) -> str:
    """Return what is sealed there."""
    return "+4930123456" if column == "phone" else f"what {table}.{column} says"


async def finish(now: datetime) -> datetime:
    """Go on with every rotation until all are done; return the moment of the last step."""
    for _ in range(100):
        while await service_rotation.advance(now=now):
            pass
        if not await queries_rotation.list_rotations(only_open=True):
            return now
        now += timedelta(seconds=30)
    raise AssertionError("a rotation does not end")
