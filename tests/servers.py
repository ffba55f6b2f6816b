"""Where a run's own PostgreSQL and Redis are: those of the environment, or a private pair."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import pytest


@dataclass(frozen=True)
class Servers:
    """Where the run's PostgreSQL (superuser, owner, application, backup) and Redis listen."""

    superuser_url: str
    owner_url: str
    app_url: str
    backup_url: str
    redis_url: str

    def database_settings(self, name: str) -> dict[str, str]:
        """Return the settings of the product that lead to the database `name`."""
        return {
            "DATABASE_URL": database_url(self.app_url, name),
            "DATABASE_OWNER_URL": database_url(self.owner_url, name),
            "DATABASE_BACKUP_URL": database_url(self.backup_url, name),
        }


@contextmanager
def running_servers() -> Iterator[Servers]:
    """Start them for this run, or use those of CATCHUP_TEST_*_URL (roles as `catchup up` makes)."""
    superuser = os.environ.get("CATCHUP_TEST_DATABASE_URL")
    if superuser:
        yield Servers(
            superuser,
            _as_role(superuser, "owner"),
            _as_role(superuser, "app"),
            _as_role(superuser, "backup"),
            os.environ["CATCHUP_TEST_REDIS_URL"],
        )
        return
    with subprocess.Popen(
        [sys.executable, "-m", "tests.private_services"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield Servers(**json.loads(process.stdout.readline()))
        process.communicate(timeout=30)


@dataclass(frozen=True)
class ReplicaServer:
    """A replica of the run's PostgreSQL, with the same roles and databases."""

    port: int
    pid: int

    def url(self, primary: str) -> str:
        """Return a primary's URL with this replica in its place."""
        parts = urlsplit(primary)
        login, _, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}"))


@contextmanager
def running_replica(servers: Servers) -> Iterator[ReplicaServer]:
    """Start a replica of the run's PostgreSQL; skip where one cannot be made."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.replica_server", servers.superuser_url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        if "missing" in said:
            pytest.skip(f"no replica: {said['missing']}")
        yield ReplicaServer(**said)
        process.communicate(timeout=30)


def database_url(url: str, name: str) -> str:
    """Return `url` with the database `name`."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _as_role(superuser: str, role: str) -> str:
    parts = urlsplit(superuser)
    return urlunsplit(parts._replace(netloc=f"catchup_{role}@{parts.hostname}:{parts.port}"))
