"""A streaming replica of the run's PostgreSQL, as a program: it ends with its standard input.

Its first line says where it listens, or why there can be none.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from server.embedded.account import Account, answer_of, default_account, own_folder
from server.embedded.binaries import Mode, PostgresBinaries, choose_postgres
from server.embedded.child import Launcher
from server.embedded.copies import reachable_postgres
from server.embedded.errors import EmbeddedError
from server.embedded.orphans import RunFile
from server.embedded.ports import choose_port
from server.embedded.postgres import Postgres, PostgresOptions
from tests.private_services import NOT_DURABLE, temporary_folder


async def run(primary: str) -> None:
    """Copy `primary` (a superuser's URL), follow it and say so."""
    with temporary_folder() as folder:
        account = default_account() if os.geteuid() == 0 else None
        launcher = Launcher(RunFile(folder / "run.json"), lambda line: None)
        try:
            binaries = reachable_postgres(
                choose_postgres(cast(Mode, os.environ.get("CATCHUP_EMBEDDED", "auto")), None),
                account,
                folder,
                lambda line: None,
            )
            data = copy(primary, binaries, own_folder(folder / "replica", account), account)
            password = urlsplit(primary).password or ""
            options = PostgresOptions(binaries, data, account, password, NOT_DURABLE)
            replica = Postgres(launcher, options, choose_port(None))
            await replica.start()
        except EmbeddedError as error:
            tell(missing=str(error))
            return
        tell(port=replica.port, pid=replica.pid)
        await asyncio.to_thread(sys.stdin.read)
        await replica.stop()


def copy(primary: str, binaries: PostgresBinaries, folder: Path, account: Account | None) -> Path:
    """Make `folder` a replica of `primary` by pg_basebackup; return it."""
    program = binaries.program("pg_basebackup")
    argv = [str(program), "-d", primary, "-D", str(folder), "-R", "-c", "fast", "--no-sync"]
    if not program.exists():
        raise EmbeddedError(f"{program} is missing")
    if answer_of(argv, account) is None:
        raise EmbeddedError("pg_basebackup cannot copy the run's PostgreSQL")
    return folder


def tell(**what: object) -> None:
    """Write the one line that the tests wait for."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))
