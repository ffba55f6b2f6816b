import pytest

from server import config
from server.config import SettingsError

HEX = "ab" * 32
SECRET = "hunter2-hunter2"


def refusal(set_env, **values):
    set_env(**values)
    with pytest.raises(SettingsError) as refused:
        config.load()
    return refused.value.lines


WRONG = [
    ("PORT", "0", "greater than or equal to 1"),
    ("PORT", "65536", "less than or equal to 65535"),
    ("PORT", "http", "a valid integer"),
    ("PORT", "30.5", "a valid integer"),
    ("PUBLIC_URL", "catchup.example.org", "http:// or https://"),
    ("PUBLIC_URL", "http:/catchup.example.org", "http:// or https://"),
    ("PUBLIC_URL", "https://", "http:// or https://"),
    ("PUBLIC_URL", "http://[::1", "http:// or https://"),
    ("APP_ENV", "staging", "'production' or 'development'"),
    ("NODE_ENV", "test", "'production' or 'development'"),
    ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ("WORKER_CONCURRENCY", "0", "greater than or equal to 1"),
    ("RATE_LIMIT_PER_MINUTE", "-1", "greater than or equal to 0"),
    ("TRUSTED_PROXY_HOPS", "many", "a valid integer"),
    ("CORS_ALLOWED_ORIGINS", "*", "exact origins"),
    ("CORS_ALLOWED_ORIGINS", "https://app.example.org,https://*.example.org", "exact origins"),
    ("CORS_ALLOWED_ORIGINS", "https://app.example.org/", "exact origins"),
    ("CORS_ALLOWED_ORIGINS", "app.example.org", "exact origins"),
    ("CORS_ALLOWED_ORIGINS", "null", "exact origins"),
    ("CORS_ALLOWED_ORIGINS", "https://App.example.org", "exact origins"),
    ("CORS_ALLOWED_ORIGINS", "https://app.example.org:70000", "exact origins"),
    ("REGISTRATION", "closed", "'invite' or 'open'"),
    ("MAX_JSON_BYTES", "10", "greater than or equal to 1024"),
    ("CATCHUP_EMBEDDED", "docker", "'auto', 'system' or 'wheel'"),
    ("JWT_EXPIRES_IN", "soon", "7d, 12h, 15m or 900"),
    ("JWT_EXPIRES_IN", "0", "7d, 12h, 15m or 900"),
    ("JWT_EXPIRES_IN", "-1d", "7d, 12h, 15m or 900"),
    ("SENTRY_TRACES_SAMPLE_RATE", "2", "less than or equal to 1"),
    ("SENTRY_TRACES_SAMPLE_RATE", "nan", "less than or equal to 1"),
    ("DATABASE_SSL", "perhaps", "a valid boolean"),
    ("DATABASE_PORT", "x", "a valid integer"),
    ("REDIS_DB", "16", "less than or equal to 15"),
    ("STORAGE_URL", "/var/lib/catchup", "file:/// or s3://"),
    ("STORAGE_URL", "file://", "file:/// or s3://"),
    ("REDIS_CLUSTER_NODES", "a:1,b:2", "not supported: use one primary or Sentinel"),
    ("DATABASE_POOL_MIN", "21", "at most DATABASE_POOL_MAX"),
    ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32, "AC and 32 hex digits"),
    ("TWILIO_MESSAGING_SERVICE_SID", "AC" + "0" * 32, "MG and 32 hex digits"),
    ("TWILIO_PHONE_NUMBER", "0170 1234567", "+14155550100 (E.164)"),
    ("SENDGRID_FROM_EMAIL", "catchup", "an address such as"),
    ("SMTP_FROM_EMAIL", "a@b.example\r\nBcc: eve@b.example", "an address such as"),
    ("SMTP_FROM_EMAIL", "a@b.example, c@d.example", "an address such as"),
    ("SMTP_FROM_EMAIL", "CatchUp <a@>", "an address such as"),
]

WRONG_SECRETS = [
    ("ENCRYPTION_KEY", SECRET, "64 hex digits"),
    ("ENCRYPTION_KEY", HEX[:-1], "64 hex digits"),
    ("ENCRYPTION_KEY", HEX[:-1] + "g", "64 hex digits"),
    ("JWT_SECRET", SECRET, "at least 32 characters"),
    ("DATABASE_URL", f"mysql://ana:{SECRET}@db/x", "postgresql:// or postgres://"),
    ("DATABASE_URL", f"ana:{SECRET}@db/x", "postgresql:// or postgres://"),
    ("DATABASE_OWNER_URL", f"http://ana:{SECRET}@db", "postgresql://"),
    ("DATABASE_REPLICA_URLS", f"postgresql://a@b/c,mysql://a:{SECRET}@b", "postgresql://"),
    ("REDIS_URL", f"http://:{SECRET}@redis", "redis:// or rediss://"),
    ("SMTP_URL", f"http://ana:{SECRET}@mail", "smtp:// or smtps://"),
    ("SMTP_URL", f"smtp://ana:{SECRET}@mail?starttls=off", "no ?starttls=off together with"),
    ("SMTP_URL", f"smtps://ana:{SECRET}@mail?starttls=required", "smtps:// without ?starttls"),
    ("SMTP_URL", f"smtp://ana:{SECRET}@mail?starttls=maybe", "?starttls=off or"),
    ("SMTP_URL", f"smtp://ana:{SECRET}@mail?tls=yes", "no options but"),
    ("SMTP_URL", f"smtp://ana:{SECRET}@mail/x", "write @ : / ? # % as"),
    ("SMTP_URL", f"smtp://ana:{SECRET}#x@mail", "write @ : / ? # % as"),
    ("SMTP_URL", f"smtp://ana:{SECRET}@mail:99999", "write @ : / ? # % as"),
    ("SMTP_URL", f"smtp://{SECRET}@mail", "write @ : / ? # % as"),
    ("SENTRY_DSN", f"{SECRET}@sentry.example", "http:// or https://"),
    ("OPENAI_BASE_URL", f"ftp://ana:{SECRET}@ai", "http:// or https://"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG + WRONG_SECRETS)
def test_a_wrong_value_gives_one_line_that_names_the_variable(set_env, name, value, expected):
    (line,) = refusal(set_env, **{name: value})

    assert line.startswith(f"{name}: ")
    assert expected in line
    assert "\n" not in line


@pytest.mark.parametrize(("name", "value", "expected"), WRONG_SECRETS)
def test_a_wrong_secret_is_not_shown(set_env, name, value, expected):
    (line,) = refusal(set_env, **{name: value})

    assert value not in line
    assert SECRET not in line


def test_a_wrong_plain_value_is_shown(set_env):
    (line,) = refusal(set_env, LOG_LEVEL="loud")

    assert "found 'loud'" in line


def test_every_wrong_variable_has_its_line(set_env):
    lines = refusal(set_env, PORT="x", LOG_LEVEL="loud", ENCRYPTION_KEY="short")

    assert sorted(line.split(":")[0] for line in lines) == ["ENCRYPTION_KEY", "LOG_LEVEL", "PORT"]


def test_exact_origins_are_taken(set_env):
    set_env(CORS_ALLOWED_ORIGINS="https://app.example.org, http://localhost:8080")

    assert config.load().cors_allowed_origins == [
        "https://app.example.org",
        "http://localhost:8080",
    ]
