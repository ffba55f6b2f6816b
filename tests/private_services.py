"""A PostgreSQL and a Redis for one test or one run of the suite, gone without a trace after it.

As a program it runs them until its standard input ends, and says on its first line where.
"""

import asyncio
import hashlib
import hmac
import json
import os
import shutil
import sys
import tempfile
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import asyncpg

from server.embedded.binaries import Mode
from server.embedded.services import EmbeddedServices
from server.embedded.urls import Urls

# `kill -9` loses nothing that the operating system has; only a power cut would.
KILL_PROOF: Mapping[str, str] = {"fsync": "off"}
# What a crash would lose matters to no test that does not kill anything.
NOT_DURABLE: Mapping[str, str] = {
    **KILL_PROOF,
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a folder that every user can pass through: PostgreSQL does not run as root.

    pytest's `tmp_path` is below a folder that only its owner may enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="catchup-test-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def private_services(
    mode: Mode = "auto",
    *,
    settings: Mapping[str, str] = NOT_DURABLE,
    say: Callable[[str], None] = lambda line: None,
) -> AsyncIterator[EmbeddedServices]:
    """Yield running services in a home of their own, removed afterwards."""
    with temporary_folder() as folder:
        async with EmbeddedServices(
            folder / "home", say=say, mode=mode, settings=settings
        ) as services:
            yield services


async def _sign_in_quickly(urls: Urls) -> None:
    """Let the roles sign in after one round of SCRAM; 4,096, twice a test, take their time."""
    connection = await asyncpg.connect(urls.superuser_url)
    try:
        for url in (urls.superuser_url, urls.owner_url, urls.app_url, urls.backup_url):
            role = urlsplit(url)
            verifier = _scram_of_one_round(str(role.password).encode())
            await connection.execute(f"ALTER ROLE {role.username} PASSWORD '{verifier}'")
    finally:
        await connection.close()


def _scram_of_one_round(password: bytes) -> str:
    """Return what PostgreSQL keeps of a password: RFC 5803, as `pg_authid` has it."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, 1)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_64, stored_64, server_64 = (b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256$1:{salt_64}${stored_64}:{server_64}"


async def _run() -> None:
    mode = cast(Mode, os.environ.get("CATCHUP_EMBEDDED", "auto"))
    async with private_services(mode) as services:
        await _sign_in_quickly(services.urls)
        sys.stdout.write(json.dumps(asdict(services.urls)) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_run())
