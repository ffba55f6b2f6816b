"""What `catchup doctor` says of settings and files."""

from pathlib import Path

import pytest

from server.config import Settings
from server.health import settings_checks
from server.health.checks import Check

WELL: dict[str, str] = {
    "database_url": "postgresql://app:x@127.0.0.1/catchup",
    "database_owner_url": "postgresql://owner:x@127.0.0.1/catchup",
    "database_backup_url": "postgresql://backup:x@127.0.0.1/catchup",
    "redis_url": "redis://:x@127.0.0.1/0",
    "public_url": "https://catchup.example.org",
    "registration": "invite",
    "app_env": "production",
    "security_contact": "mailto:ana@example.org",
}


def judged(**changes: str | None) -> dict[str, Check]:
    """The checks that are not ok, by name."""
    given = {name: value for name, value in {**WELL, **changes}.items() if value is not None}
    found = settings_checks.of_settings(Settings.model_validate(given))
    return {check.name: check for check in found if check.status != "ok"}


@pytest.fixture(autouse=True)
def _own_environment(set_env):
    """None of the machine's own variables."""


def test_a_well_kept_installation_has_nothing_to_mend():
    assert judged() == {}


def test_a_mailbox_that_nobody_chose_is_a_warning():
    found = judged(security_contact=None)

    assert "security@catchup.example.org" in found["security contact"].detail


@pytest.mark.parametrize("variable", ["database_owner_url", "database_backup_url"])
def test_a_role_that_is_the_applications_own_is_a_warning_with_the_variable(variable):
    found = judged(**{variable: None})

    assert variable.upper() in found["roles"].fix


def test_a_public_address_is_wanted_in_production():
    assert judged(public_url=None)["public address"].status == "warn"


def test_a_public_address_is_not_wanted_in_development():
    assert judged(public_url=None, app_env="development") == {}


@pytest.mark.parametrize(
    "url",
    ["https://me:secret@example.org", "https://example.org/app", "https://example.org/?a=b"],
)
def test_a_public_address_is_no_more_than_an_origin(url):
    check = judged(public_url=url)["public address"]

    assert check.status == "fail"
    assert "secret" not in f"{check.detail}{check.fix}"


def test_a_public_address_without_tls_is_a_warning():
    assert judged(public_url="http://example.org")["public address"].status == "warn"


def test_a_public_address_on_this_machine_needs_no_tls():
    assert judged(public_url="http://127.0.0.1:3000") == {}


def test_a_database_far_away_wants_verified_tls():
    assert "database transport" in judged(database_url="postgresql://app:x@db.example.org/c")


@pytest.mark.parametrize(
    "changes",
    [
        {"database_url": "postgresql://app:x@db.example.org/c?sslmode=verify-full"},
        {"database_url": "postgresql://app:x@db.example.org/c", "database_ssl": "true"},
    ],
)
def test_a_database_far_away_with_verified_tls_is_fine(changes):
    assert judged(**changes) == {}


def test_a_redis_far_away_wants_tls():
    assert set(judged(redis_url="redis://:x@redis.example.org/0")) == {"redis transport"}


def test_a_redis_without_a_password_is_a_warning():
    assert set(judged(redis_url="redis://127.0.0.1/0")) == {"redis password"}


def test_a_redis_behind_a_unix_socket_needs_neither():
    assert judged(redis_url="unix:///run/redis.sock?db=0") == {}


def test_open_registration_in_production_is_a_warning():
    assert set(judged(registration="open")) == {"registration"}


@pytest.mark.parametrize(("mode", "status"), [(0o600, "ok"), (0o640, "fail"), (0o604, "fail")])
def test_a_secret_file_is_for_its_owner_only(tmp_path, mode, status):
    file = tmp_path / "env"
    file.touch()
    file.chmod(mode)

    assert [c.status for c in settings_checks.of_files(file, {})] == [status]


def test_a_file_named_by_a_variable_is_looked_at_too(tmp_path):
    file = tmp_path / "key"
    file.touch()
    file.chmod(0o644)

    [check] = settings_checks.of_files(tmp_path / "none", {"ENCRYPTION_KEY_FILE": str(file)})

    assert check.fix == f"chmod 600 {file}"


def test_a_file_of_somebody_elses_variable_is_none_of_our_business(tmp_path):
    file = tmp_path / "certificates"
    file.touch()
    file.chmod(0o644)

    [check] = settings_checks.of_files(tmp_path / "none", {"SSL_CERT_FILE": str(file)})

    assert check.status == "ok"


def test_local_stores_are_data_folders_and_others_are_not(tmp_path):
    settings = Settings(storage_url=f"file://{tmp_path}/my%20photos", backup_url="s3://bucket/x")

    assert settings_checks.data_folders(settings, Path("/home")) == [
        Path("/home"),
        tmp_path / "my photos",
    ]
