"""The secrets of one home: made once, on the very first start, and never again by themselves.

A new `ENCRYPTION_KEY` beside an old database would leave everything encrypted unreadable, so a
secret is made only while there is no database that an older one could belong to.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from server.embedded.envfile import append_env, read_env
from server.embedded.errors import EmbeddedError

SUPERUSER_PASSWORD = "CATCHUP_DB_SUPERUSER_PASSWORD"  # noqa: S105 - names, not values
OWNER_PASSWORD = "CATCHUP_DB_OWNER_PASSWORD"  # noqa: S105
APP_PASSWORD = "CATCHUP_DB_APP_PASSWORD"  # noqa: S105
BACKUP_PASSWORD = "CATCHUP_DB_BACKUP_PASSWORD"  # noqa: S105
REDIS_PASSWORD = "CATCHUP_REDIS_PASSWORD"  # noqa: S105

DATABASE_SECRETS = (
    SUPERUSER_PASSWORD,
    OWNER_PASSWORD,
    APP_PASSWORD,
    BACKUP_PASSWORD,
    "JWT_SECRET",
    "ENCRYPTION_KEY",
)
SECRET_BYTES = 32  # written as 64 hex digits, the form that ENCRYPTION_KEY must have


def ensure_secrets(
    env_file: Path,
    *,
    database: Path | None,
    wanted: Collection[str],
    given: Mapping[str, str],
    say: Callable[[str], None],
) -> dict[str, str]:
    """Return the `wanted` secrets, after adding those to `env_file` that nobody has set yet.

    `given` is the process environment, which comes first. `database` is the folder of an
    existing database, if any.

    Raises:
        EmbeddedError: `key_lost`: a database exists, but a secret that it needs does not.
    """
    values = read_env(env_file) | {name: given[name] for name in wanted if given.get(name)}
    missing = [name for name in wanted if not values.get(name)]
    if missing and database is not None:
        raise EmbeddedError(
            f"There is a database in {database}, but {env_file} "
            f"{'lacks ' + ', '.join(missing) if env_file.exists() else 'is gone'}. "
            "No new secret is made, because the data could not be read with it. "
            f"Put the old file back, or move {database} away to start with an empty database.",
            code="key_lost",
        )
    if env_file.exists():
        _close(env_file, say)
    if missing:
        made = {name: secrets.token_hex(SECRET_BYTES) for name in missing}
        append_env(env_file, made, heading="Made by the first start. Keep a copy elsewhere.")
        say(f"Made new secrets in {env_file}: {', '.join(made)}. Keep a copy of that file.")
        values |= made
    return {name: values[name] for name in wanted}


def _close(env_file: Path, say: Callable[[str], None]) -> None:
    if env_file.stat().st_mode & 0o077:
        env_file.chmod(0o600)
        say(f"{env_file} was readable by others; it is 0600 now.")
