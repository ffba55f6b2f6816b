"""Killed at every durable step, before and after its commit: it goes on, and all is readable."""

import os
import signal
import subprocess
import sys

import pytest

from server import config, db
from server.failpoints import MOMENTS, POINTS, VARIABLE, Step, reach
from server.keys import (
    blind_index,
    master,
    master_rotation,
    queries_rotation,
    server_keys,
    service,
    service_rotation,
)
from server.lib.clock import utc_now
from server.users import refreshing, sessions
from tests.conftest import MASTER_KEY
from tests.keys.sealed_rows import PHONE, finish, list_wrong, seal_every_column
from tests.rows import make

WORKED = 0
KILLED = -signal.SIGKILL


def points_of(purpose):
    return [f"{step}.{moment}" for step in Step if step.startswith(purpose) for moment in MOMENTS]


WALKED = [
    point
    for purpose in ("data.", "index.", "jwt.", "audit.", "mac.", "master.")
    for point in points_of(purpose)
]


@pytest.fixture
def rotate(database, tmp_path):
    """Rotate in a process of its own; return its exit code."""
    (tmp_path / "env").write_text(f"ENCRYPTION_KEY={MASTER_KEY}\n")
    environment = os.environ | {"CATCHUP_ENV_FILE": str(tmp_path / "env")}
    del environment["ENCRYPTION_KEY"]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.keys.rotation_process"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        given, told = process.stdin, process.stdout
        assert given is not None
        assert told is not None

        def ask(purpose, point="none"):
            given.write(f"{purpose} {point}\n")
            given.flush()
            return int(told.readline())

        yield ask
        given.close()


@pytest.fixture
def restart(database, tmp_path):
    """Be a process that starts now, with the env file as it is."""
    with pytest.MonkeyPatch.context() as patch:

        async def again():
            patch.delenv("ENCRYPTION_KEY", raising=False)
            patch.setenv("CATCHUP_ENV_FILE", str(tmp_path / "env"))
            config.settings.cache_clear()
            service.forget_boxes()
            master.forget()
            blind_index.forget()
            sessions.forget_cached()
            await server_keys.start(now=utc_now())

        yield again
    config.settings.cache_clear()


async def test_killed_at_each_step_a_rotation_of_data_keys_goes_on(member, rotate, restart):
    for _ in range(4):  # more than a batch
        await make("interactions", member)
    await seal_every_column(member)
    for point in points_of("data."):
        assert rotate("data", point) == KILLED, point

        await restart()
        assert await list_wrong(member) == [], point
        await finish(utc_now())
        assert await list_wrong(member) == [], point
    states = await db.fetch("SELECT DISTINCT state FROM key_ring WHERE purpose = 'data'")
    assert {row["state"] for row in states} == {"active", "retired"}


async def test_killed_at_each_step_a_rotation_of_the_index_key_goes_on(member, rotate, restart):
    await seal_every_column(member)
    for point in points_of("index."):
        assert rotate("index", point) == KILLED, point

        await restart()
        assert await is_found(member), point
        await finish(utc_now())
        blind_index.forget()
        assert await is_found(member), point


@pytest.mark.parametrize("purpose", ["jwt", "revoke", "audit", "mac"])
async def test_killed_at_each_step_a_signing_key_changes_whole_or_not(
    member, rotate, restart, purpose
):
    steps = {
        "jwt": ("jwt.begin", "jwt.activate"),
        "revoke": ("jwt.revoke",),
        "audit": ("audit.",),
        "mac": ("mac.",),
    }
    for point in (point for point in POINTS if point.startswith(steps[purpose])):
        assert rotate(purpose, point) == KILLED, point

        await restart()
        await finish(utc_now())
        _, pair = await refreshing.refresh(member.refresh_token, now=utc_now())
        assert (await sessions.identify(pair.token, now=utc_now())).scope == member.scope, point
        purposes = await db.fetch("SELECT purpose FROM key_ring WHERE state = 'active'")
        assert {"jwt", "audit", "mac"} < {row["purpose"] for row in purposes}, point


async def test_killed_at_each_step_a_rotation_of_the_master_key_goes_on(member, rotate, restart):
    await seal_every_column(member)
    for point in points_of("master."):
        assert rotate("master", point) == KILLED, point

        await restart()
        assert await list_wrong(member) == [], point
        assert rotate("master") == WORKED, point
        await restart()
        assert (await master_rotation.status(now=utc_now())).phase == "none", point
        assert await list_wrong(member) == [], point


async def test_a_worker_finds_what_another_left_unfinished(member, rotate, monkeypatch):
    nudged = []

    async def enqueue(name, **more):
        nudged.append(name)
        return True

    monkeypatch.setattr(service_rotation, "enqueue", enqueue)
    assert rotate("data", "data.activate.committed") == KILLED

    await service_rotation.reconcile(now=utc_now())

    assert nudged == ["rotate_keys"]
    assert len(await queries_rotation.list_rotations(only_open=True)) == 1


def test_nothing_dies_where_no_test_asked_for_it(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)

    for step in Step:
        for moment in MOMENTS:
            reach(step, moment)


async def is_found(member):
    looked = await blind_index.digests_of(PHONE, "+4930123456")
    places = " OR ".join(f"{slot} = ANY(${i})" for i, slot in enumerate(looked, 1))
    found = await db.fetch_value(f"SELECT id FROM users WHERE {places}", *looked.values())
    return found == member.scope.user_id
