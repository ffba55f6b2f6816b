import asyncio
import sys
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import asyncpg
import pytest
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.apps.migrations.commands.new import AutoMigrationManager

from migrations.m0010_suggestion_totals import ID as TOTALS
from migrations.m0014_sign_in import ID as SIGN_IN
from server import db, migrate
from server.piccolo_app import APP_CONFIG
from tests.catalog import schema_of
from tests.servers import database_url

ALL = 1000


@pytest.fixture
async def connect(own_database):
    """Open connections as one of the roles: owner, app, backup."""
    opened = []
    urls = {
        "owner": own_database.owner_database,
        "app": own_database.database,
        "backup": own_database.backup_database,
    }

    async def as_role(role):
        opened.append(await asyncpg.connect(urls[role]))
        return opened[-1]

    yield as_role
    for connection in opened:
        await connection.close()


def names(schema, what):
    return {name for kind, name in schema if kind == what}


def failing_migration(monkeypatch):
    """Add a migration that makes a table and then fails."""

    async def forwards():
        async def half():
            await db.execute("CREATE TABLE half_done (id int)")
            await db.execute("SELECT 1 / 0")

        manager = MigrationManager(migration_id="9999", app_name=APP_CONFIG.app_name)
        manager.add_raw(half)
        return manager

    real = migrate._modules()
    monkeypatch.setattr(
        migrate, "_modules", lambda: {**real, "9999": SimpleNamespace(forwards=forwards)}
    )


@pytest.mark.parametrize("ids", [("9001", "9001"), ("9001", "")])
def test_two_files_with_one_id_are_refused_and_so_is_one_without(monkeypatch, tmp_path, ids):
    for number, text in enumerate(ids):
        (tmp_path / f"m{number}_{uuid4().hex}.py").write_text(f'ID = "{text}"\n')
    monkeypatch.setattr(APP_CONFIG, "migrations_folder_path", str(tmp_path))
    monkeypatch.setattr(sys, "path", [*sys.path])

    with pytest.raises(RuntimeError, match="same ID"):
        migrate._modules()


def test_every_file_is_a_step_of_its_own_in_the_order_of_the_names():
    files = sorted(Path(APP_CONFIG.resolved_migrations_folder_path).glob("m*.py"))

    steps = [module.__name__ for _, module in sorted(migrate._modules().items())]
    assert steps == [file.stem for file in files]


async def test_every_step_back_and_there_again_gives_the_same_schema(own_database):
    before = await schema_of(own_database.owner_database)
    count = len(await migrate.revert(own_database, count=ALL))

    applied = await migrate.migrate(own_database)

    assert len(applied) == count
    assert await schema_of(own_database.owner_database) == before


async def test_all_the_way_back_leaves_only_the_history(own_database):
    await migrate.revert(own_database, count=ALL)

    left = await schema_of(own_database.owner_database)
    assert {name.split(".")[0] for name in names(left, "column")} == {"migration"}
    assert names(left, "function") == set()


async def test_each_single_step_back_can_be_taken_again(own_database):
    before = await schema_of(own_database.owner_database)
    for steps in range(1, len(migrate._modules()) + 1):
        await migrate.revert(own_database, count=steps)
        await migrate.migrate(own_database)

    assert await schema_of(own_database.owner_database) == before


async def test_totals_begin_with_the_suggestions_that_are_there(own_database, servers):
    later = [name for name in migrate._modules() if name >= TOTALS]
    await migrate.revert(own_database, count=len(later))
    name = own_database.database.rsplit("/", 1)[1]
    superuser = await asyncpg.connect(database_url(servers.superuser_url, name))
    try:
        await superuser.execute(
            """SET session_replication_role = replica; -- without its user and household
            INSERT INTO suggestions (id, household_id, user_id, trigger, slot_start, slot_end,
                reasons, created_at, updated_at)
            VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'timebound', now(),
                now() + interval '1 hour', '[]', now(), now())"""
        )

        await migrate.migrate(own_database)

        rows = await superuser.fetch("SELECT trigger, made FROM suggestion_totals")
    finally:
        await superuser.close()
    assert [tuple(row) for row in rows] == [("timebound", 1)]


async def test_addresses_take_their_one_form_unless_another_user_has_it(own_database, servers):
    later = [name for name in migrate._modules() if name >= SIGN_IN]
    await migrate.revert(own_database, count=len(later))
    name = own_database.database.rsplit("/", 1)[1]
    superuser = await asyncpg.connect(database_url(servers.superuser_url, name))
    try:
        await superuser.execute("SET session_replication_role = replica")  # without a household
        for email in ("ａｎａ@example.org", "ｂｅｎ@example.org", "ben@example.org"):
            await superuser.execute(
                """INSERT INTO users (id, household_id, email, name, password_hash,
                        password_changed_at, created_at)
                    VALUES (gen_random_uuid(), gen_random_uuid(), $1, '', '', now(), now())""",
                email,
            )

        await migrate.migrate(own_database)

        rows = await superuser.fetch("SELECT email FROM users")
    finally:
        await superuser.close()
    assert {row["email"] for row in rows} == {
        "ana@example.org",
        "ｂｅｎ@example.org",
        "ben@example.org",
    }


async def test_steps_back_go_from_the_newest(own_database):
    newest = sorted(migrate._modules(), reverse=True)

    assert await migrate.revert(own_database, count=2) == newest[:2]


async def test_a_schema_that_is_up_to_date_stays_as_it_is(own_database):
    before = await schema_of(own_database.owner_database)

    assert await migrate.migrate(own_database) == []
    assert await schema_of(own_database.owner_database) == before


async def test_two_at_once_apply_every_step_once(own_database):
    applied = await migrate.revert(own_database, count=ALL)

    both = await asyncio.gather(migrate.migrate(own_database), migrate.migrate(own_database))

    assert sorted(both, key=len) == [[], sorted(applied)]


async def test_a_failing_step_leaves_nothing(own_database, monkeypatch):
    before = await schema_of(own_database.owner_database)
    failing_migration(monkeypatch)

    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate.migrate(own_database)

    assert await schema_of(own_database.owner_database) == before
    assert await migrate.pending(own_database) == ["9999"]


async def test_steps_before_a_failing_one_stay(own_database, monkeypatch):
    newest = await migrate.revert(own_database, count=1)
    failing_migration(monkeypatch)

    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate.migrate(own_database)

    assert newest[0] not in await migrate.pending(own_database)


async def test_a_failing_step_gives_the_lock_back(own_database, monkeypatch):
    with monkeypatch.context() as patch:
        failing_migration(patch)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate.migrate(own_database)

    assert await asyncio.wait_for(migrate.migrate(own_database), timeout=30) == []


async def test_nothing_is_pending_after_migrating(own_database):
    assert await migrate.pending(own_database) == []


async def test_everything_is_pending_on_an_empty_database(own_database, connect):
    await migrate.revert(own_database, count=ALL)
    await (await connect("owner")).execute("DROP TABLE migration")

    assert await migrate.pending(own_database) == sorted(migrate._modules())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE contacts ADD COLUMN mine int",
        "DROP TABLE contacts",
        "TRUNCATE contacts",
        "CREATE INDEX ON contacts (name)",
        "ALTER TABLE suggestions DISABLE TRIGGER suggestions_transition",
        "CREATE FUNCTION refuse_nothing() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "INSERT INTO migration (name, app_name) VALUES ('x', 'x')",
        "DELETE FROM migration",
    ],
)
async def test_the_application_cannot_change_the_schema(connect, statement):
    application = await connect("app")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await application.execute(statement)


async def rights(connection, role):
    rows = await connection.fetch(
        """SELECT t.tablename, array_agg(right_name ORDER BY right_name) AS rights
            FROM pg_tables t CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'])
                AS right_name
            WHERE t.schemaname = 'public'
                AND has_table_privilege($1, 'public.' || quote_ident(t.tablename), right_name)
            GROUP BY t.tablename""",
        role,
    )
    return {row["tablename"]: set(row["rights"]) for row in rows}


async def test_the_application_may_write_every_table_but_the_history_and_the_trail(connect):
    found = await rights(await connect("owner"), "catchup_app")

    special = {
        "audit_entries": {"SELECT", "INSERT"},
        "audit_anchors": {"SELECT", "INSERT"},
        "audit_personal": {"SELECT", "INSERT", "DELETE"},
        "security_alerts": {"SELECT", "INSERT"},
        "migration": {"SELECT"},
    }
    tables = {table._meta.tablename for table in APP_CONFIG.table_classes}
    assert found == {
        name: special.get(name, {"SELECT", "INSERT", "UPDATE", "DELETE"})
        for name in tables | {"migration"}
    }


async def test_the_backup_role_reads_every_table_and_writes_none(connect):
    found = await rights(await connect("owner"), "catchup_backup")

    tables = {table._meta.tablename for table in APP_CONFIG.table_classes}
    assert found == {name: {"SELECT"} for name in tables | {"migration"}}


async def test_no_table_class_changed_without_a_migration():
    statements = await AutoMigrationManager().get_alter_statements(APP_CONFIG)

    assert [line for alter in statements for line in alter.statements] == []


def as_postgresql_says(column):
    name = column.column_type.lower().replace("varchar", "character varying")
    name = name.replace("timestamptz", "timestamp with time zone")
    return name if column._meta.null else f"{name} NOT NULL"


async def test_the_tables_of_the_code_are_those_of_the_database(own_database):
    found = {
        name: definition.split(" DEFAULT ")[0]
        for (what, name), definition in (await schema_of(own_database.owner_database)).items()
        if what == "column" and not name.startswith("migration.")
    }

    assert found == {
        f"{table._meta.tablename}.{column._meta.name}": as_postgresql_says(column)
        for table in APP_CONFIG.table_classes
        for column in table._meta.columns
    }
