import asyncpg

from server import config, migrate, migration_state


async def _is_current(settings: config.Settings) -> bool:
    return await migration_state.is_current(
        settings.owner_database, settings.database, settings.backup_database
    )


async def _as_owner(settings: config.Settings, statement: str) -> None:
    connection = await asyncpg.connect(settings.owner_database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_migrated_database_is_current(own_database):
    assert await _is_current(own_database)


async def test_a_missing_migration_is_seen(own_database):
    await _as_owner(
        own_database,
        "DELETE FROM migration WHERE id = (SELECT max(id) FROM migration)",
    )

    assert not await _is_current(own_database)


async def test_a_database_without_history_is_not_current(own_database):
    await _as_owner(own_database, "DROP TABLE migration")

    assert not await _is_current(own_database)


async def test_a_kill_before_the_rights_were_given_is_seen(own_database):
    await _as_owner(own_database, "CREATE TABLE fresh (id int)")

    assert not await _is_current(own_database)


async def test_a_role_that_does_not_exist_is_not_current(own_database):
    assert not await migration_state.is_current(
        own_database.owner_database, "postgresql://nobody_here@127.0.0.1/catchup"
    )


async def test_a_migration_of_a_newer_version_does_not_matter(own_database):
    await _as_owner(
        own_database,
        "INSERT INTO migration (name, app_name, ran_on) VALUES ('2999', 'catchup', now())",
    )

    assert await _is_current(own_database)


def test_the_names_are_those_that_piccolo_reads():
    assert migration_state.known_names() == set(migrate._modules())
