import re

import pytest

from server.embedded.envfile import read_env
from server.embedded.errors import EmbeddedError
from server.embedded.secret_values import DATABASE_SECRETS, ensure_secrets


@pytest.fixture
def ensure(tmp_path, said):
    def call(*, wanted=DATABASE_SECRETS, database=None, given=None):
        return ensure_secrets(
            tmp_path / "env",
            database=database,
            wanted=wanted,
            given=given or {},
            say=said.append,
        )

    return call


def test_the_first_start_makes_every_secret_as_64_hex_digits(ensure):
    secrets = ensure()

    assert all(re.fullmatch("[0-9a-f]{64}", secrets[name]) for name in DATABASE_SECRETS)


def test_every_secret_differs(ensure):
    assert len(set(ensure().values())) == len(DATABASE_SECRETS)


def test_made_secrets_are_named_but_not_shown(ensure, said):
    secrets = ensure()

    assert "ENCRYPTION_KEY" in said[0]
    assert not any(value in said[0] for value in secrets.values())


def test_the_second_start_keeps_the_secrets_of_the_first(ensure, tmp_path):
    assert ensure() == ensure(database=tmp_path / "pgdata-15")


def test_the_second_start_says_nothing(ensure, tmp_path, said):
    ensure()
    said.clear()

    ensure(database=tmp_path / "pgdata-15")

    assert said == []


def test_a_database_without_an_env_file_gets_no_new_key(ensure, tmp_path):
    with pytest.raises(EmbeddedError, match="is gone") as caught:
        ensure(database=tmp_path / "pgdata-15")

    assert caught.value.code == "key_lost"
    assert not (tmp_path / "env").exists()


def test_a_database_whose_env_file_lost_one_line_gets_no_new_key(ensure, tmp_path):
    ensure()
    path = tmp_path / "env"
    kept = [line for line in path.read_text().splitlines() if "ENCRYPTION_KEY" not in line]
    path.write_text("\n".join(kept))

    with pytest.raises(EmbeddedError, match="lacks ENCRYPTION_KEY"):
        ensure(database=tmp_path / "pgdata-15")


def test_settings_written_before_the_first_start_stay(ensure, tmp_path):
    (tmp_path / "env").write_text("PORT=3001\nJWT_SECRET=chosen\n")

    assert ensure()["JWT_SECRET"] == "chosen"
    assert read_env(tmp_path / "env")["PORT"] == "3001"


def test_a_secret_of_the_process_environment_is_used_and_not_written(ensure, tmp_path):
    secrets = ensure(given={"ENCRYPTION_KEY": "ab" * 32})

    assert secrets["ENCRYPTION_KEY"] == "ab" * 32
    assert "ENCRYPTION_KEY" not in read_env(tmp_path / "env")


def test_an_env_file_that_others_may_read_is_closed_and_that_is_said(ensure, tmp_path, said):
    ensure()
    (tmp_path / "env").chmod(0o644)
    said.clear()

    ensure(database=tmp_path / "pgdata-15")

    assert (tmp_path / "env").stat().st_mode & 0o777 == 0o600
    assert "0600" in said[0]
