"""Where the embedded services are, for us and for commands in another terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from server.embedded import roles
from server.embedded.envfile import read_env
from server.embedded.orphans import RunFile, running
from server.embedded.ports import LOOPBACK
from server.embedded.secret_values import (
    APP_PASSWORD,
    BACKUP_PASSWORD,
    OWNER_PASSWORD,
    REDIS_PASSWORD,
    SUPERUSER_PASSWORD,
)


@dataclass(frozen=True, slots=True)
class Urls:
    """URLs with their passwords; empty for a service that does not run here.

    `superuser_url` is for tests and repairs; the server never gets it.
    """

    superuser_url: str = field(default="", repr=False)
    owner_url: str = field(default="", repr=False)
    app_url: str = field(default="", repr=False)
    backup_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)

    def environment(self) -> dict[str, str]:
        """Return the settings of the server and the worker that these URLs fill."""
        settings = {
            "DATABASE_URL": self.app_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "DATABASE_BACKUP_URL": self.backup_url,
            "REDIS_URL": self.redis_url,
        }
        return {name: url for name, url in settings.items() if url}


def make_urls(ports: Mapping[str, int], secrets: Mapping[str, str]) -> Urls:
    """Build the URLs of the services that have a port in `ports`."""
    urls: dict[str, str] = {}
    if "postgres" in ports:
        for name, user, secret, database in (
            ("superuser_url", "postgres", SUPERUSER_PASSWORD, "postgres"),
            ("owner_url", roles.OWNER, OWNER_PASSWORD, roles.DATABASE),
            ("app_url", roles.APP, APP_PASSWORD, roles.DATABASE),
            ("backup_url", roles.BACKUP, BACKUP_PASSWORD, roles.DATABASE),
        ):
            place = f"{LOOPBACK}:{ports['postgres']}/{database}"
            urls[name] = f"postgresql://{user}:{quote(secrets[secret], safe='')}@{place}"
    if "redis" in ports:
        password = quote(secrets[REDIS_PASSWORD], safe="")
        urls["redis_url"] = f"redis://:{password}@{LOOPBACK}:{ports['redis']}/0"
    return Urls(**urls)


def running_urls(
    home: Path, *, env_file: Path | None = None, given: Mapping[str, str] | None = None
) -> Urls | None:
    """Return the URLs of what `catchup up` runs in `home` now, None when it does not.

    For `catchup users create` and the like, beside a running `catchup up` of the same user;
    `env_file` and `given` are as for `EmbeddedServices`.
    """
    ports = _running_ports(home)
    if not ports.keys() & {"postgres", "redis"}:
        return None
    return make_urls(ports, read_env(env_file or home / "env") | dict(given or {}))


def running_http_port(home: Path) -> int | None:
    """Return the port of the `catchup up` that runs in `home` now; links of commands lead there."""
    return _running_ports(home).get("server")


def _running_ports(home: Path) -> dict[str, int]:
    run_file = RunFile(home / "run.json")
    alive = {recorded.name for recorded in run_file.processes if running(recorded)}
    return {name: port for name, port in run_file.ports.items() if name in alive}
