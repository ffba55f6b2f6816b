from datetime import timedelta

import pytest

from server import config, db
from server.config import SettingsError
from server.errors import Conflict
from server.keys import (
    blind_index,
    envelope,
    holders,
    master,
    master_rotation,
    queries_master,
    server_keys,
    service,
    service_ring,
)
from server.lib.ids import uuid7
from tests.conftest import MASTER_KEY
from tests.factories import make_member
from tests.keys.sealed_rows import list_wrong, seal_every_column
from tests.times import MONDAY

NEXT = "ab" * 32
LATER = MONDAY + timedelta(minutes=2)


@pytest.fixture
def environment_of(database):
    """Be a process that starts with these master keys."""
    with pytest.MonkeyPatch.context() as patch:

        def set_keys(key, after=""):
            patch.setenv("ENCRYPTION_KEY", key)
            patch.setenv("ENCRYPTION_KEY_NEXT", after)
            config.settings.cache_clear()
            master.forget()
            blind_index.forget()
            service.forget_boxes()

        yield set_keys
    config.settings.cache_clear()
    master.forget()


def write_nothing(key):
    raise AssertionError("a key was given")


async def announce(environment_of):
    environment_of(MASTER_KEY, NEXT)
    assert await master_rotation.announce(write_nothing, now=MONDAY)


async def phase():
    return (await master_rotation.status(now=LATER)).phase


async def test_after_both_phases_the_new_key_alone_opens_everything(member, environment_of):
    await seal_every_column(member)
    await announce(environment_of)

    await master_rotation.activate(now=LATER)
    wrapped = await master_rotation.rewrap(now=LATER)

    environment_of(NEXT)
    await server_keys.start(now=LATER)
    assert wrapped >= len(await db.fetch("SELECT id FROM key_ring WHERE purpose <> 'master'"))
    assert await list_wrong(member) == []
    assert await phase() == "none"


async def test_the_old_key_alone_does_not_start_any_more(member, environment_of):
    await announce(environment_of)
    await master_rotation.activate(now=LATER)
    await master_rotation.rewrap(now=LATER)

    environment_of(MASTER_KEY)

    with pytest.raises(SettingsError, match="the newer one"):
        await server_keys.start(now=LATER)


async def test_the_old_key_alone_starts_while_the_next_one_only_waits(member, environment_of):
    await seal_every_column(member)
    await announce(environment_of)

    environment_of(MASTER_KEY)

    await server_keys.start(now=LATER)
    assert await list_wrong(member) == []


@pytest.mark.parametrize("keys", [(MASTER_KEY, NEXT), (NEXT, "")])
async def test_who_starts_between_the_phases_opens_everything(member, environment_of, keys):
    await seal_every_column(member)
    await announce(environment_of)
    await master_rotation.activate(now=LATER)

    environment_of(*keys)
    await server_keys.start(now=LATER)

    assert await list_wrong(member) == []
    assert await phase() == "rewrap"


async def test_a_household_made_between_the_phases_is_wrapped_by_the_new_key(
    member, environment_of
):
    await announce(environment_of)
    await master_rotation.activate(now=LATER)
    before = await master_rotation.count_left()

    await make_member()

    assert await master_rotation.count_left() == before > 0


async def test_the_next_key_does_not_wrap_before_every_process_holds_it(member, environment_of):
    await announce(environment_of)
    await queries_master.note_holder(uuid7(), 1, now=LATER)

    with pytest.raises(Conflict) as refused:
        await master_rotation.activate(now=LATER)

    assert refused.value.code == "master_not_everywhere"
    assert (await master_rotation.status(now=LATER)).waiting_for == 1


async def test_a_process_that_is_gone_is_not_waited_for(member, environment_of):
    await announce(environment_of)
    await queries_master.note_holder(uuid7(), 1, now=MONDAY)

    assert await master_rotation.activate(now=LATER)


async def test_a_process_says_when_it_holds_the_next_key(member, environment_of):
    holder = uuid7()
    await holders.beat(holder, now=MONDAY)
    await announce(environment_of)

    await holders.beat(holder, now=LATER)

    assert await db.fetch_value("SELECT master_version FROM key_holders") == 2
    assert await master_rotation.activate(now=LATER)


async def test_a_process_that_ends_says_goodbye(member):
    async with holders.holding():
        assert await db.fetch_value("SELECT count(*) FROM key_holders") == 1

    assert await db.fetch_value("SELECT count(*) FROM key_holders") == 0


async def test_a_running_process_finds_the_next_key_in_its_file(
    member, environment_of, tmp_path, monkeypatch
):
    await announce(environment_of)
    environment_of(MASTER_KEY)
    await holders.beat(holder := uuid7(), now=MONDAY)
    assert await db.fetch_value("SELECT master_version FROM key_holders") == 1
    (tmp_path / "env").write_text(f"ENCRYPTION_KEY_NEXT={NEXT}\n")
    monkeypatch.setenv("CATCHUP_ENV_FILE", str(tmp_path / "env"))
    master._reread_at.clear()  # as 5 s later

    await holders.beat(holder, now=LATER)

    assert await db.fetch_value("SELECT master_version FROM key_holders") == 2


async def test_a_made_key_is_written_before_it_is_announced(member, environment_of, monkeypatch):
    environment_of(MASTER_KEY)
    written = []

    def write(key):
        written.append(key)
        monkeypatch.setenv("ENCRYPTION_KEY_NEXT", key)

    await master_rotation.announce(write, now=MONDAY)

    assert len(bytes.fromhex(written[0])) == 32
    assert await phase() == "next"


async def test_a_key_that_was_used_before_is_refused(member, environment_of):
    await announce(environment_of)
    await master_rotation.activate(now=LATER)
    await master_rotation.rewrap(now=LATER)
    environment_of(NEXT, MASTER_KEY)

    with pytest.raises(Conflict) as refused:
        await master_rotation.announce(write_nothing, now=MONDAY)

    assert refused.value.code == "master_key_same"


async def test_the_next_key_is_never_stored_under_the_former_one(member, environment_of):
    await announce(environment_of)
    await master_rotation.activate(now=LATER)
    await master_rotation.rewrap(now=LATER)

    old = bytes.fromhex(MASTER_KEY)
    for row in await db.fetch("SELECT id, wrapped FROM key_ring WHERE purpose = 'master'"):
        bound_to = envelope.place(None, "key_ring", "master", row["id"])
        assert master.try_open(old, row["wrapped"], bound_to) is None


async def test_the_former_key_is_kept_for_old_archives_until_it_is_retired(member, environment_of):
    await announce(environment_of)
    await master_rotation.activate(now=LATER)
    await master_rotation.rewrap(now=LATER)
    environment_of(NEXT)
    await server_keys.start(now=LATER)
    assert bytes.fromhex(MASTER_KEY) in master.held()
    former = await db.fetch_value("SELECT id FROM key_ring WHERE state = 'retiring'")

    await service_ring.retire(former, now=LATER)

    environment_of(NEXT)
    await server_keys.start(now=LATER)
    assert master.held() == [bytes.fromhex(NEXT)]


async def test_it_is_rotated_twice(member, environment_of):
    await seal_every_column(member)
    for key, after in ((MASTER_KEY, NEXT), (NEXT, "cd" * 32)):
        environment_of(key, after)
        await server_keys.start(now=MONDAY)
        await master_rotation.announce(write_nothing, now=MONDAY)
        await master_rotation.activate(now=LATER)
        await master_rotation.rewrap(now=LATER)

    environment_of("cd" * 32)
    await server_keys.start(now=LATER)

    assert await list_wrong(member) == []
    assert {bytes.fromhex(MASTER_KEY), bytes.fromhex(NEXT)} < set(master.held())


async def test_a_second_rotation_waits_until_the_first_has_wrapped_everything(
    member, environment_of
):
    await announce(environment_of)
    await master_rotation.activate(now=LATER)

    assert not await master_rotation.announce(write_nothing, now=LATER)

    assert await phase() == "rewrap"
