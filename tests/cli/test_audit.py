"""`catchup audit`, run as an admin runs it on the box."""

import json

import pytest

from tests.audit.trail import intruder
from tests.cli.conftest import EMAIL
from tests.factories import PASSWORD


@pytest.fixture
async def catchup(catchup):
    """Run a command; two entries stand in the trail."""
    done = await catchup("users", "passwd", EMAIL, "--password-stdin", typed=f"new {PASSWORD}")
    assert done.exit_code == 0, done.output
    return catchup


async def test_a_whole_trail_is_said_to_be_whole(catchup):
    done = await catchup("audit", "verify")

    assert done.exit_code == 0
    assert done.stdout.endswith("whole: 2 entries up to 2\n")


async def test_the_first_bad_row_is_named_and_the_exit_code_is_1(catchup, servers, own_database):
    async with intruder(servers, own_database) as owner:
        await owner.execute("UPDATE audit_entries SET action = 'x' WHERE sequence = 2")

    done = await catchup("audit", "verify")
    as_json = await catchup("audit", "verify", "--json")

    assert (done.exit_code, as_json.exit_code) == (1, 1)
    assert "entry 2 altered:" in done.stdout
    (verdict,) = json.loads(as_json.stdout)
    assert (verdict["flaw"]["sequence"], verdict["flaw"]["kind"]) == (2, "altered")


async def test_a_tail_cut_off_is_found_by_anchors_from_a_file(
    catchup, servers, own_database, tmp_path
):
    heads = await catchup("audit", "heads")
    (tmp_path / "anchors.jsonl").write_text(heads.stdout)
    async with intruder(servers, own_database) as owner:
        await owner.execute("DELETE FROM audit_entries WHERE sequence = 2")

    without = await catchup("audit", "verify")
    found = await catchup("audit", "verify", "--anchors", str(tmp_path / "anchors.jsonl"))
    typed = await catchup("audit", "verify", "--anchors", "-", typed=heads.stdout)

    assert without.exit_code == 0
    assert (found.exit_code, typed.exit_code) == (1, 1)
    assert "entry 2 cut_off:" in found.stdout


async def test_anchors_that_were_changed_are_refused_by_line(catchup):
    heads = (await catchup("audit", "heads")).stdout.replace('"sequence": 2', '"sequence": 1')

    done = await catchup("audit", "verify", "--anchors", "-", typed=f"\n{heads}")

    assert done.exit_code == 1
    assert "line 2: this server did not sign it" in done.output


async def test_entries_are_listed_newest_first_and_narrowed(catchup):
    listed = await catchup("audit", "list")
    narrowed = await catchup("audit", "list", "--action", "user.created", "--json")
    none = await catchup("audit", "list", "--chain", "server")

    assert [line.split()[2] for line in listed.stdout.splitlines()] == [
        "user.password_changed",
        "user.created",
    ]
    assert [entry["action"] for entry in json.loads(narrowed.stdout)] == ["user.created"]
    assert none.stdout == "Nothing found.\n"


async def test_a_bad_filter_is_named(catchup):
    done = await catchup("audit", "list", "--actor", "nobody")

    assert done.exit_code == 1
    assert "actor" in done.output
