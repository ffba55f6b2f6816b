"""Two admins who go at the same moment: one of them stays."""

import asyncio
from itertools import combinations_with_replacement

import pytest

from server import db
from server.account import service_close
from server.audit import service as audit
from server.errors import Conflict
from server.users import admins
from tests.factories import Member
from tests.times import MONDAY

WAIT_S = 0.2  # far longer than the second act takes, where nothing holds it


async def disable(member: Member) -> None:
    await admins.disable(member.email, now=MONDAY)


async def demote(member: Member) -> None:
    await admins.set_role(member.email, "member", now=MONDAY)


async def close(member: Member) -> None:
    await service_close.close_for(member.email, shared="erase", now=MONDAY)


@pytest.fixture
def slow_trail(monkeypatch) -> asyncio.Event:
    """Let acts take their time once they are done and not yet committed; set when one is there."""
    is_there = asyncio.Event()
    record = audit.record

    async def slow(*arguments, **more) -> None:
        await record(*arguments, **more)
        is_there.set()
        await asyncio.sleep(WAIT_S)

    monkeypatch.setattr(audit, "record", slow)
    return is_there


@pytest.mark.parametrize(
    ("first", "second"), list(combinations_with_replacement((disable, demote, close), 2))
)
async def test_of_two_admins_who_go_at_once_one_stays(member, stranger, slow_trail, first, second):
    await db.execute("UPDATE users SET server_role = 'admin'")

    going = asyncio.create_task(first(member))
    await slow_trail.wait()
    with pytest.raises(Conflict) as refusal:
        await second(stranger)
    await going

    assert refusal.value.code == "last_admin"
    assert len(await admins.list_admins()) == 1
