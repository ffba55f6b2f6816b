import pytest

from server import config, db
from server.audit import chain
from server.config import SettingsError
from server.keys import envelope, queries, server_keys, service
from server.lib.ids import uuid7
from tests.times import MONDAY

JWT_SECRET = "a secret of the installation before this one"


@pytest.fixture
def variable(database):
    """Set environment variables for one test and read the settings again."""
    with pytest.MonkeyPatch.context() as patch:

        def set_it(name, value):
            patch.setenv(name, value)
            config.settings.cache_clear()

        yield set_it
    config.settings.cache_clear()


async def ring():
    return await db.fetch("SELECT purpose, state, key_version FROM key_ring ORDER BY purpose")


async def test_an_empty_database_gets_its_keys_once(database):
    await server_keys.start(now=MONDAY)

    rows = [(row["purpose"], row["state"]) for row in await ring()]
    assert rows == [(name, "active") for name in ("audit", "index", "jwt", "mac", "master")]


async def test_a_wrong_master_key_stops_the_start_and_says_so(variable):
    variable("ENCRYPTION_KEY", "22" * 32)

    with pytest.raises(SettingsError) as refused:
        await server_keys.start(now=MONDAY)

    assert "found a key that does not open this database" in str(refused.value)
    assert "22" * 32 not in str(refused.value)


async def test_the_right_master_key_starts_in_either_case_of_its_digits(variable, database):
    await db.execute("DELETE FROM key_ring")
    variable("ENCRYPTION_KEY", "ab" * 32)
    await server_keys.start(now=MONDAY)

    variable("ENCRYPTION_KEY", "AB" * 32)

    await server_keys.start(now=MONDAY)


async def test_a_database_with_users_but_no_check_is_refused(member):
    await db.execute("DELETE FROM key_ring WHERE purpose = 'master'")

    with pytest.raises(SettingsError, match="users but no key check"):
        await server_keys.start(now=MONDAY)


async def test_a_refused_database_gets_no_new_check(member):
    await db.execute("DELETE FROM key_ring WHERE purpose = 'master'")

    with pytest.raises(SettingsError):
        await server_keys.start(now=MONDAY)

    assert "master" not in [row["purpose"] for row in await ring()]


async def test_jwt_secret_becomes_the_first_signing_key(database, variable):
    await db.execute("DELETE FROM key_ring WHERE purpose = 'jwt'")
    variable("JWT_SECRET", JWT_SECRET)
    await server_keys.start(now=MONDAY)

    keys = await server_keys.signing_keys(now=MONDAY)

    assert keys.keys[keys.active_id] == JWT_SECRET.encode()


async def test_jwt_secret_set_later_only_verifies(variable):
    before = await server_keys.signing_keys(now=MONDAY)
    variable("JWT_SECRET", JWT_SECRET)
    await server_keys.start(now=MONDAY)

    after = await server_keys.signing_keys(now=MONDAY)

    assert after.active_id == before.active_id
    assert JWT_SECRET.encode() in after.keys.values()


async def test_jwt_secret_is_imported_once(variable):
    variable("JWT_SECRET", JWT_SECRET)
    await server_keys.start(now=MONDAY)

    await server_keys.start(now=MONDAY)

    assert len([row for row in await ring() if row["purpose"] == "jwt"]) == 2


@pytest.mark.parametrize("state", ["retired", "revoked"])
async def test_jwt_secret_that_has_ended_stays_ended(variable, state):
    variable("JWT_SECRET", JWT_SECRET)
    await server_keys.start(now=MONDAY)
    await db.execute("UPDATE key_ring SET state = $1 WHERE state = 'retiring'", state)

    await server_keys.start(now=MONDAY)

    keys = await server_keys.signing_keys(now=MONDAY)
    assert JWT_SECRET.encode() not in keys.keys.values()


async def test_a_class_that_came_later_gets_its_key_at_the_start(member):
    await db.execute("DELETE FROM key_ring WHERE data_class = 'phones'")
    service.forget_boxes()

    await server_keys.start(now=MONDAY)

    box = await service.box(member.scope.household_id)
    assert box.seal("users", "phone", member.scope.user_id, "+4930123456")


async def test_a_retired_signing_key_verifies_nothing(database):
    row = service.ring_row(uuid7(), "jwt", envelope.new_key(), key_version=2, state="retired")
    await queries.insert_keys([row], now=MONDAY)

    keys = await server_keys.signing_keys(now=MONDAY)

    assert row["id"] not in keys.keys


async def test_the_audit_chain_gets_its_key_at_the_start(database):
    previous = chain.entry_hash(chain.GENESIS, {"action": "x"})

    await server_keys.start(now=MONDAY)

    assert chain.is_entry_hash(previous, chain.GENESIS, {"action": "x"})
