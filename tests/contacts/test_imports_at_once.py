"""Imports of one household at the same time: one runs, the others are told at once."""

import asyncio
from contextvars import Context

import pytest

from server import db
from server.contacts.service_import_run import one_at_a_time
from server.errors import Conflict
from tests.contacts.imports import import_file, names_of, outcomes
from tests.contacts.vcard.cards import vcard

ADA = vcard("UID:ada", "TEL:1")


async def test_parallel_imports_of_one_member_are_refused_at_once(member):
    results = await asyncio.gather(
        *[import_file(member, ADA) for _ in range(30)], return_exceptions=True
    )

    codes = [getattr(result, "code", "done") for result in results]
    assert set(codes) <= {"done", "import_running"}
    assert "done" in codes
    assert await names_of(member) == ["Ada Lovelace"]


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_household_imports_one_file_at_a_time(member, housemate, dry_run):
    async with db.transaction():
        await one_at_a_time(member.scope)
        job = import_file(housemate, ADA, dry_run=dry_run)
        with pytest.raises(Conflict) as caught:
            await asyncio.create_task(job, context=Context())

    assert caught.value.code == "import_running"
    assert outcomes(await import_file(housemate, ADA, dry_run=dry_run)) == ["created"]


async def test_another_household_imports_at_the_same_time(member, stranger):
    async with db.transaction():
        await one_at_a_time(member.scope)
        done = await asyncio.create_task(import_file(stranger, ADA), context=Context())

    assert outcomes(done) == ["created"]
