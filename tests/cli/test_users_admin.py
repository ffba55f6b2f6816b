import json
import stat
import zipfile

import pytest

from tests.cli.conftest import EMAIL
from tests.factories import PASSWORD

BEN = "ben@example.org"


@pytest.fixture
async def ben(catchup):
    made = await catchup("users", "create", BEN, "--password-stdin", typed=PASSWORD)
    assert made.exit_code == 0, made.output


async def test_a_user_is_disabled_shown_and_enabled(catchup, ben):
    kept = await catchup("users", "disable", BEN, typed="n\n")
    done = await catchup("users", "disable", BEN, "--yes", "--json")
    shown = json.loads((await catchup("users", "show", BEN, "--json")).stdout)
    enabled = await catchup("users", "enable", BEN)
    text = await catchup("users", "show", BEN)

    assert (kept.exit_code, done.exit_code) == (1, 0)
    assert json.loads(done.stdout)["touched"] == {"sessions_ended": 0}
    assert (shown["email"], shown["state"]) == (BEN, "disabled")
    assert (enabled.exit_code, text.stdout.startswith(f"{BEN}  member, owner  active")) == (0, True)


async def test_the_only_admin_is_not_disabled(catchup):
    refused = await catchup("users", "disable", EMAIL, "--yes")

    assert (refused.exit_code, refused.stderr) == (
        1,
        "catchup: Make somebody else an admin first.\n",
    )


async def test_an_export_is_a_file_for_its_owner_only(catchup, ben, tmp_path):
    out = tmp_path / "ben.zip"

    done = await catchup("users", "export", BEN, "--out", str(out), "--json")
    again = await catchup("users", "export", BEN, "--out", str(out))

    assert json.loads(done.stdout)["bytes"] == out.stat().st_size
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert "account.json" in zipfile.ZipFile(out).namelist()
    assert again.exit_code == 1


async def test_invite_and_erase_are_there_by_the_dashboards_names(catchup, ben):
    invited = await catchup("users", "invite", "--user", EMAIL, "--json")
    erased = await catchup("users", "erase", BEN, "--yes", "--json")

    assert json.loads(invited.stdout)["token"].startswith("cui_")
    assert json.loads(erased.stdout)["shared"] == "erase"
