from server import migration_state
from server.admin import rules_upgrade as rules

SOURCE = '''"""Colours of contacts."""

ID = "2027-01-01T00:00:00:000000"


async def apply() -> None:
    await db.execute("""
        ALTER TABLE contacts ADD COLUMN colour text;
        CREATE INDEX notes_idx ON interactions (user_id);
        UPDATE groups SET name = '';
    """)


async def revert() -> None:
    await db.execute("ALTER TABLE users DROP COLUMN x")
'''


def read(source=SOURCE):
    found = rules.read(source)
    assert found is not None
    return found


def test_a_migration_names_what_it_locks_on_the_way_forward():
    found = read()

    assert found.description == "Colours of contacts"
    assert found.altered == {"contacts"}
    assert found.written == {"interactions", "groups"}


def test_a_table_that_is_altered_is_locked_for_all():
    assert rules.lock_of(read(), ["contacts", "interactions"]) == "all"


def test_a_new_index_lets_readers_in():
    assert rules.lock_of(read(), ["interactions"]) == "writes"


def test_nobody_waits_for_a_table_that_is_new():
    assert rules.lock_of(read(), []) == "none"


def test_an_index_that_is_made_beside_everything_locks_nothing():
    source = SOURCE.replace("CREATE INDEX notes", "CREATE INDEX CONCURRENTLY notes")

    assert read(source).written == {"groups"}


def test_every_migration_of_ours_can_be_read():
    files = list(migration_state.FOLDER.glob(migration_state.FILES))

    found = [rules.read(file.read_text(encoding="utf-8")) for file in files]

    assert {one.id for one in found if one} == migration_state.known_names()


def test_a_large_table_takes_longer():
    assert rules.seconds(0) == rules.LEAST_S
    assert rules.seconds(400 * 2**20) == 10
