"""Settings: read once from the environment, credential files and the env file, in that order."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from ssl import get_default_verify_paths
from typing import Any, Self
from urllib.parse import quote

from pydantic import ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from server import config_variables as variables
from server.config_checks import duration_s
from server.config_messages import half_configured
from server.config_retention import Retention

DEFAULT_HOME = ".catchup"
_NOT_SET = "{}: not set, expected {}://… (or run `catchup up`, which brings its own)"


class SettingsError(Exception):
    """One or more variables are wrong; one line each, never a secret's value."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def home() -> Path:
    """Return CATCHUP_HOME: where embedded mode keeps its data and its `env` file."""
    return Path(os.environ.get("CATCHUP_HOME") or DEFAULT_HOME).absolute()


def env_file() -> Path:
    """Return the env file: CATCHUP_ENV_FILE, else `env` in CATCHUP_HOME."""
    return Path(os.environ.get("CATCHUP_ENV_FILE") or home() / "env").absolute()


class CredentialSource(PydanticBaseSettingsSource):
    """Values in files: systemd's `$CREDENTIALS_DIRECTORY/encryption_key`, or `NAME_FILE`."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the text of the variable's file, or None."""
        path = os.environ.get(f"{field_name.upper()}_FILE")
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        file = Path(path) if path else Path(folder, field_name) if folder else None
        if file is None or not (path or file.is_file()):
            return None, field_name, False
        try:
            return file.read_text().strip() or None, field_name, False
        except OSError as error:
            reason = str(error.strerror)
        except UnicodeDecodeError:
            reason = "it is not text"
        raise SettingsError([f"{field_name.upper()}_FILE: cannot read {file}: {reason}"])

    def __call__(self) -> dict[str, Any]:
        """Return every value that a file gives."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self._fields()}
        return {name: value for name, value in found.items() if value is not None}

    def _fields(self) -> Iterator[tuple[str, FieldInfo]]:
        yield from self.settings_cls.model_fields.items()


class Settings(
    BaseSettings,
    variables.Database,
    variables.Redis,
    variables.Application,
    Retention,
    variables.Secrets,
    variables.Google,
    variables.Twilio,
    variables.Email,
    variables.Ai,
    variables.Storage,
    variables.Errors,
):
    """Every variable of the server; see config_variables for their meanings."""

    model_config = SettingsConfigDict(
        env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Fix the order: arguments (tests), environment, credential files, env file."""
        return (
            init_settings,
            env_settings,
            CredentialSource(settings_cls),
            env_file_source(settings_cls),
        )

    @model_validator(mode="after")
    def _refuse_what_does_not_fit(self) -> Self:
        if self.redis_cluster_nodes:
            raise ValueError("REDIS_CLUSTER_NODES: not supported: use one primary or Sentinel")
        if self.database_pool_min > self.database_pool_max:
            raise ValueError("DATABASE_POOL_MIN: expected at most DATABASE_POOL_MAX")
        if self.retention_erasures_days < self.retention_backups_days:
            raise ValueError(
                "RETENTION_ERASURES_DAYS: expected at least RETENTION_BACKUPS_DAYS: who restores a"
                " backup must know whom to erase again"
            )
        if missing := half_configured(vars(self)):
            raise ValueError(missing)
        return self

    @property
    def database(self) -> str:
        """The application role's PostgreSQL URL.

        Raises:
            SettingsError: neither DATABASE_URL nor DATABASE_HOST is set.
        """
        if self.database_url:
            return self.database_url.get_secret_value()
        if not self.database_host:
            raise SettingsError([_NOT_SET.format("DATABASE_URL", "postgresql")])
        password = self.database_password.get_secret_value() if self.database_password else ""
        login = quote(self.database_user, safe="") + (
            f":{quote(password, safe='')}" if password else ""
        )
        host = f"[{self.database_host}]" if ":" in self.database_host else self.database_host
        name = quote(self.database_name, safe="")
        return f"postgresql://{login}@{host}:{self.database_port}/{name}{self._tls}"

    @property
    def _tls(self) -> str:
        if not self.database_ssl:
            return ""
        # asyncpg would look in the home folder only, not where the system keeps its authorities.
        authority = self.database_ssl_ca or get_default_verify_paths().cafile
        root = f"&sslrootcert={quote(authority, safe='')}" if authority else ""
        return f"?sslmode=verify-full{root}"

    @property
    def direct_database(self) -> str:
        """The application's PostgreSQL without PgBouncer."""
        return (
            self.database_direct_url.get_secret_value()
            if self.database_direct_url
            else self.database
        )

    @property
    def owner_database(self) -> str:
        """The schema owner's PostgreSQL URL, for migrations."""
        return (
            self.database_owner_url.get_secret_value()
            if self.database_owner_url
            else self.direct_database
        )

    @property
    def backup_database(self) -> str:
        """The backup role's PostgreSQL URL."""
        return (
            self.database_backup_url.get_secret_value()
            if self.database_backup_url
            else self.direct_database
        )

    @property
    def redis(self) -> str:
        """The Redis URL.

        Raises:
            SettingsError: neither REDIS_URL nor REDIS_HOST is set.
        """
        if self.redis_url:
            return self.redis_url.get_secret_value()
        if not self.redis_host:
            raise SettingsError([_NOT_SET.format("REDIS_URL", "redis")])
        password = (
            f":{quote(self.redis_password.get_secret_value(), safe='')}@"
            if self.redis_password
            else ""
        )
        return f"redis://{password}{self.redis_host}:{self.redis_port}/{self.redis_db}"

    @property
    def base_url(self) -> str:
        """How the world reaches this server, without a trailing slash."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")

    @property
    def access_token_s(self) -> int:
        """Life of an access token, seconds."""
        return duration_s(self.jwt_expires_in)


def values_now(name: str) -> list[str]:
    """Return what the sources give a variable now, unchecked, no two alike.

    For a key that comes while a process runs; it has read all else once.
    """
    given = (
        os.environ.get(name.upper()),
        CredentialSource(Settings)().get(name),
        env_file_source(Settings).env_vars.get(name),
    )
    return list(dict.fromkeys(value for value in given if value))


def env_file_source(settings_cls: type[BaseSettings]) -> DotEnvSettingsSource:
    """Return what reads the env file."""
    return DotEnvSettingsSource(settings_cls, env_file=env_file(), env_ignore_empty=True)


def load() -> Settings:
    """Read the settings now.

    Raises:
        SettingsError: a variable is wrong; each line names it, what was found and what is expected.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError([_line(problem) for problem in error.errors()]) from None


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process, read at first use."""
    return load()


def names_of(name: str) -> list[str]:
    """Return every name that a variable goes by; its own comes first."""
    field = Settings.model_fields.get(name)
    aliases = getattr(field.validation_alias, "choices", ()) if field else ()
    return list(dict.fromkeys([name, *map(str, aliases)]))


def _line(problem: Any) -> str:
    if not problem["loc"]:  # from the check over several variables: the sentence names its own
        return str(problem["ctx"]["error"])
    name = str(problem["loc"][0])
    given = next((one for one in names_of(name) if os.environ.get(one.upper())), name)
    expected = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"]
    expected = expected.removeprefix("Input should be ").removeprefix("Value error, ")
    found = "a value that is not shown" if _is_secret(name) else repr(problem["input"])
    return f"{given.upper()}: found {found}, expected {expected}"


def _is_secret(name: str) -> bool:
    """URLs count too: they may carry a password."""
    field = Settings.model_fields.get(name)
    return field is not None and ("SecretStr" in repr(field.annotation) or "_url" in name)
