import json
import os
import subprocess
import sys
from functools import partial

import pytest

from server import config, db
from server.keys import master, server_keys
from server.lib.clock import utc_now
from tests.conftest import MASTER_KEY
from tests.keys.sealed_rows import list_wrong, seal_every_column
from tests.owned import make_key


def run_catchup(folder, *arguments, answer="", more=None):
    """Run a command with the env file in `folder`, and `more` in the environment."""
    environment = os.environ | {"CATCHUP_ENV_FILE": str(folder / "env")}
    del environment["ENCRYPTION_KEY"]
    done = subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        env=environment | (more or {}),
        input=answer,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def catchup(database, tmp_path):
    """Run the command line on this test's database; return what it printed as JSON."""
    (tmp_path / "env").write_text(f"ENCRYPTION_KEY={MASTER_KEY}\nLOG_LEVEL=error\n")
    return partial(run_catchup, tmp_path, "keys")


async def test_keys_are_listed_and_revoked_after_a_preview(member, catchup):
    key_id = await make_key()

    _, listed, _ = catchup("list", "--purpose", "jwt", "--json")
    refused, preview, _ = catchup("revoke", str(key_id), answer="n\n")
    revoked, _, _ = catchup("revoke", str(key_id), "--yes")

    assert str(key_id) in [key["id"] for key in json.loads(listed)]
    assert (refused, revoked) == (1, 0)
    assert "Every access token that it signed is refused" in preview
    state = await db.fetch_value("SELECT state FROM key_ring WHERE id = $1", key_id)
    assert state == "revoked"


async def test_a_rotation_is_begun_and_its_progress_shown(member, catchup):
    code, begun, _ = catchup("rotate", "data", "--class", "notes", "--json")

    _, status, _ = catchup("status", "--json")

    assert code == 0
    [rotation] = json.loads(status)["rotations"]
    assert rotation["id"] == json.loads(begun)["id"]
    assert json.loads(status)["master"]["phase"] == "none"


async def test_a_rotation_that_has_only_begun_says_what_it_waits_for(member, catchup):
    _, said, _ = catchup("rotate", "data")

    assert "waiting until every process reads with the new key" in said
    assert "100%" not in said


async def test_who_has_the_former_master_key_in_the_environment_is_told(member, catchup, tmp_path):
    await seal_every_column(member)
    catchup("rotate", "master")

    _, said, _ = catchup("rotate", "master", more={"ENCRYPTION_KEY": MASTER_KEY})
    _, checks, _ = run_catchup(tmp_path, "doctor", "--json", more={"ENCRYPTION_KEY": MASTER_KEY})

    assert "ENCRYPTION_KEY of this environment is still the former key" in said
    found = {check["name"]: check for check in json.loads(checks)}
    assert (found["keys"]["status"], "former" in found["keys"]["detail"]) == ("warn", True)


async def test_the_master_key_is_rotated_by_two_runs(member, catchup, tmp_path, monkeypatch):
    await seal_every_column(member)
    env = tmp_path / "env"

    first, said, _ = catchup("rotate", "master")
    is_private = env.stat().st_mode & 0o077 == 0
    between = env.read_text()
    second, _, error = catchup("rotate", "master")

    assert (first, second) == (0, 0), error
    assert "run this once more" in said
    assert is_private
    new = between.partition("ENCRYPTION_KEY_NEXT=")[2].strip()
    assert new not in said
    after = env.read_text()
    assert f"ENCRYPTION_KEY={new}\n" in after
    assert MASTER_KEY not in after
    assert "LOG_LEVEL=error\n" in after
    monkeypatch.setenv("CATCHUP_ENV_FILE", str(env))
    monkeypatch.delenv("ENCRYPTION_KEY")
    config.settings.cache_clear()
    master.forget()
    await server_keys.start(now=utc_now())
    assert await list_wrong(member) == []
