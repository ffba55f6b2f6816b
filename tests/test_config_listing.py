import pytest

from server import config
from server.config_listing import describe

SECRET = "hunter2-hunter2"


def described(name):
    return next(line for line in describe(config.load()) if line.name == name)


def test_every_variable_is_described(set_env):
    lines = describe(config.load())

    assert {line.name for line in lines} == {n.upper() for n in config.Settings.model_fields}
    assert all(line.meaning and line.group for line in lines)


@pytest.mark.parametrize(
    ("values", "source"),
    [
        ({}, "default"),
        ({"JWT_SECRET": SECRET * 3}, "environment"),
        ({"CREDENTIALS_DIRECTORY": "{tmp}"}, "credential file"),
        ({"CATCHUP_ENV_FILE": "{tmp}/mine"}, "{tmp}/mine"),
    ],
)
def test_a_value_says_where_it_comes_from(set_env, tmp_path, values, source):
    (tmp_path / "jwt_secret").write_text(SECRET * 3)
    (tmp_path / "mine").write_text(f"JWT_SECRET={SECRET * 3}\n")
    set_env(**{name: value.format(tmp=tmp_path) for name, value in values.items()})

    assert described("JWT_SECRET").source == source.format(tmp=tmp_path)


def test_node_env_is_named_as_the_source_of_app_env(set_env):
    set_env(NODE_ENV="development")

    assert described("APP_ENV").source == "environment"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"postgresql://a:{SECRET}@b/c"),
        ("REDIS_PASSWORD", SECRET),
        ("OPENAI_API_KEY", SECRET),
        ("PUBLIC_URL", f"https://ana:{SECRET}@catchup.example.org"),
        ("DATABASE_REPLICA_URLS", f"postgresql://a:{SECRET}@b/c"),
    ],
)
def test_secrets_are_masked_when_described(set_env, name, value):
    set_env(**{name: value})

    line = described(name)
    assert line.value is not None
    assert SECRET not in line.value
    assert "****" in line.value


def test_a_default_has_its_unit(set_env):
    line = described("MAX_JSON_BYTES")

    assert (line.default, line.unit) == ("1048576", "bytes")
