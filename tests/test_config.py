import asyncpg
import pytest

from server import config
from server.config import SettingsError

HEX = "ab" * 32
SECRET = "hunter2-hunter2"


def master_key():
    key = config.load().encryption_key
    return key and key.get_secret_value()


def refusal(set_env, **values):
    set_env(**values)
    with pytest.raises(SettingsError) as refused:
        config.load()
    return refused.value.lines


def test_the_defaults_are_those_of_the_contract(set_env):
    settings = config.load()

    assert (
        settings.port,
        settings.app_env,
        settings.log_level,
        settings.worker_concurrency,
        settings.rate_limit_per_minute,
        settings.trusted_proxy_hops,
        settings.registration,
        settings.database_pool_min,
        settings.database_pool_max,
        settings.jwt_expires_in,
        settings.catchup_embedded,
        settings.sentry_traces_sample_rate,
    ) == (3000, "production", "info", 5, 60, 0, "invite", 2, 20, "7d", "auto", 0.1)


def test_an_empty_variable_counts_as_not_set(set_env):
    set_env(PORT="", ENCRYPTION_KEY="")

    assert (config.load().port, config.load().encryption_key) == (3000, None)


def test_the_environment_beats_a_credential_file(set_env, tmp_path):
    (tmp_path / "key").write_text("cd" * 32)
    set_env(ENCRYPTION_KEY=HEX, ENCRYPTION_KEY_FILE=str(tmp_path / "key"))

    assert master_key() == HEX


def test_a_credential_file_beats_the_env_file(set_env, tmp_path):
    (tmp_path / "env").write_text(f"ENCRYPTION_KEY={'cd' * 32}\n")
    (tmp_path / "key").write_text(f"{HEX}\n")
    set_env(ENCRYPTION_KEY_FILE=str(tmp_path / "key"))

    assert master_key() == HEX


def test_the_env_file_beats_the_default(set_env, tmp_path):
    (tmp_path / "env").write_text("PORT=8080\n# a comment\nLOG_LEVEL='debug'\n")

    assert (config.load().port, config.load().log_level) == (8080, "debug")


def test_the_env_file_lies_in_the_home(set_env, tmp_path, monkeypatch):
    monkeypatch.delenv("CATCHUP_ENV_FILE")
    (tmp_path / "env").write_text("PORT=8080\n")
    set_env(CATCHUP_HOME=str(tmp_path))

    assert config.load().port == 8080


def test_systemd_credentials_are_read_by_their_name(set_env, tmp_path):
    (tmp_path / "encryption_key").write_text(HEX)
    set_env(CREDENTIALS_DIRECTORY=str(tmp_path))

    assert master_key() == HEX


def test_a_credential_file_that_is_not_there_is_named(set_env, tmp_path):
    (line,) = refusal(set_env, JWT_SECRET_FILE=str(tmp_path / "none"))

    assert line.startswith("JWT_SECRET_FILE: cannot read ")


def test_a_credential_file_that_is_no_text_is_named(set_env, tmp_path):
    (tmp_path / "key").write_bytes(b"\xff\xfe\x00")

    (line,) = refusal(set_env, JWT_SECRET_FILE=str(tmp_path / "key"))

    assert line.endswith("it is not text")


def test_a_wrong_secret_in_a_file_is_not_shown(set_env, tmp_path):
    (tmp_path / "key").write_text(SECRET)

    (line,) = refusal(set_env, ENCRYPTION_KEY_FILE=str(tmp_path / "key"))

    assert line.startswith("ENCRYPTION_KEY: ")
    assert SECRET not in line


def test_unknown_variables_are_none_of_our_business(set_env, tmp_path):
    (tmp_path / "env").write_text("SOMEBODY_ELSES=1\n")

    assert config.load().port == 3000


def test_node_env_is_another_name_of_app_env(set_env):
    set_env(NODE_ENV="development")

    assert config.load().app_env == "development"


def test_app_env_beats_node_env(set_env):
    set_env(NODE_ENV="development", APP_ENV="production")

    assert config.load().app_env == "production"


def test_a_database_url_beats_its_parts(set_env):
    set_env(DATABASE_URL="postgresql://a@b/c", DATABASE_HOST="elsewhere")

    assert config.load().database == "postgresql://a@b/c"


def test_the_parts_of_a_database_make_a_url(set_env):
    set_env(
        DATABASE_HOST="db",
        DATABASE_PORT="6432",
        DATABASE_NAME="people",
        DATABASE_USER="ana",
        DATABASE_PASSWORD="p@ss/w:rd?#",
    )

    assert config.load().database == "postgresql://ana:p%40ss%2Fw%3Ard%3F%23@db:6432/people"


def test_a_database_without_password_has_none_in_its_url(set_env):
    set_env(DATABASE_HOST="db")

    assert config.load().database == "postgresql://catchup@db:5432/catchup"


def test_an_ipv6_database_stands_in_brackets(set_env):
    set_env(DATABASE_HOST="::1")

    assert config.load().database == "postgresql://catchup@[::1]:5432/catchup"


def test_database_ssl_checks_the_certificate_and_the_name(set_env):
    set_env(DATABASE_HOST="db", DATABASE_SSL="true", DATABASE_SSL_CA="/etc/my ca.pem")

    assert config.load().database.endswith("?sslmode=verify-full&sslrootcert=%2Fetc%2Fmy%20ca.pem")


async def test_database_ssl_is_understood_by_the_driver(set_env, tmp_path):
    set_env(DATABASE_HOST="db", DATABASE_SSL="true", DATABASE_SSL_CA=str(tmp_path / "none.pem"))

    with pytest.raises((asyncpg.ClientConfigurationError, FileNotFoundError)):
        await asyncpg.connect(config.load().database)


def test_without_a_database_the_line_says_what_to_do(set_env):
    with pytest.raises(SettingsError, match=r"DATABASE_URL: not set, .*catchup up"):
        _ = config.load().database


def test_without_a_redis_the_line_says_what_to_do(set_env):
    with pytest.raises(SettingsError, match=r"REDIS_URL: not set, .*catchup up"):
        _ = config.load().redis


def test_a_redis_url_beats_its_parts(set_env):
    set_env(REDIS_URL="rediss://r:1/2", REDIS_HOST="elsewhere")

    assert config.load().redis == "rediss://r:1/2"


def test_the_parts_of_a_redis_make_a_url(set_env):
    set_env(REDIS_HOST="r", REDIS_PORT="7000", REDIS_PASSWORD="p@ss", REDIS_DB="3")

    assert config.load().redis == "redis://:p%40ss@r:7000/3"


@pytest.mark.parametrize("role", ["direct_database", "owner_database", "backup_database"])
def test_other_roles_default_to_the_applications_url(set_env, role):
    set_env(DATABASE_URL="postgresql://a@b/c")

    assert getattr(config.load(), role) == "postgresql://a@b/c"


@pytest.mark.parametrize("role", ["owner_database", "backup_database"])
def test_roles_that_migrate_and_back_up_avoid_pgbouncer(set_env, role):
    set_env(DATABASE_URL="postgresql://a@bouncer/c", DATABASE_DIRECT_URL="postgresql://a@b/c")

    assert getattr(config.load(), role) == "postgresql://a@b/c"


def test_lists_are_separated_by_commas(set_env):
    set_env(CORS_ALLOWED_ORIGINS="https://a.example, https://b.example,")

    assert config.load().cors_allowed_origins == ["https://a.example", "https://b.example"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7d", 604_800), ("12h", 43_200), ("15m", 900), ("900", 900), ("30 s", 30), ("1w", 604_800)],
)
def test_a_token_lives_as_long_as_said(set_env, text, seconds):
    set_env(JWT_EXPIRES_IN=text)

    assert config.load().access_token_s == seconds


def test_links_start_with_the_public_url(set_env):
    set_env(PUBLIC_URL="https://catchup.example.org/")

    assert config.load().base_url == "https://catchup.example.org"


def test_links_start_with_the_port_where_there_is_no_public_url(set_env):
    set_env(PORT="8080")

    assert config.load().base_url == "http://127.0.0.1:8080"


def test_printing_the_settings_shows_no_secret(set_env):
    set_env(DATABASE_URL=f"postgresql://a:{SECRET}@b/c", JWT_SECRET=SECRET * 3)

    assert SECRET not in repr(config.load())
