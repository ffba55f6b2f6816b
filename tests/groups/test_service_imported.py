import pytest

from server import db
from server.groups import queries
from server.lib.ids import uuid7
from tests.contacts.imports import import_file, outcomes
from tests.times import MONDAY


async def find_or_make(member, *names):
    return await queries.find_or_insert_groups(
        member.scope, [uuid7() for _ in names], names, now=MONDAY
    )


async def groups_called(member, *names):
    return await db.fetch(
        "SELECT id, name FROM groups WHERE user_id = $1 AND name = ANY($2)",
        member.scope.user_id,
        names,
    )


async def test_names_that_the_database_folds_alike_are_one_group(member):
    found = await find_or_make(member, "Chess", "CHESS", "chess", "Choir")

    assert len({found[name] for name in ("Chess", "CHESS", "chess")}) == 1
    assert found["Choir"] != found["Chess"]
    assert [row["name"] for row in await groups_called(member, "Chess", "CHESS")] == ["Chess"]


async def test_a_group_that_is_there_is_found_under_every_spelling(member):
    made = await find_or_make(member, "Chess")

    assert await find_or_make(member, "CHESS", "chess") == dict.fromkeys(
        ("CHESS", "chess"), made["Chess"]
    )


@pytest.mark.parametrize(
    "spellings", [("Chess", "CHESS"), ("İstanbul", "istanbul"), ("ΟΔΟΣ", "οδοσ")]
)
async def test_a_file_may_spell_a_group_in_two_ways(member, spellings):
    first, second = spellings
    rows = f"Name,Groups\nAda,{first}\nBen,{second}\nCy,{first} ::: {second}\n"

    done = await import_file(member, rows.encode(), format="csv")

    assert outcomes(done) == ["created"] * 3
    joined = await db.fetch(
        """SELECT DISTINCT c.name FROM group_members m JOIN contacts c ON c.id = m.contact_id
            JOIN groups g ON g.id = m.group_id WHERE g.name = ANY($1) ORDER BY c.name""",
        spellings,
    )
    assert [row["name"] for row in joined] == ["Ada", "Ben", "Cy"]
