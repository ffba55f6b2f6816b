"""The private PostgreSQL and Redis as one thing, behind `catchup up` and the tests."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from server.embedded import roles
from server.embedded.binaries import (
    Mode,
    PostgresBinaries,
    RedisBinary,
    choose_postgres,
    choose_redis,
)
from server.embedded.child import Launcher
from server.embedded.cluster import data_major, make_cluster
from server.embedded.copies import reachable_postgres, reachable_redis
from server.embedded.errors import PortTaken
from server.embedded.home import hold, make_home
from server.embedded.kept_lines import FOLDER
from server.embedded.orphans import RunFile, stop_orphans
from server.embedded.placement import DATABASE_PREFIX, SHARED_ROOT, Placement, place
from server.embedded.ports import choose_port
from server.embedded.postgres import Postgres, PostgresOptions
from server.embedded.redis import Redis, RedisOptions
from server.embedded.secret_values import (
    APP_PASSWORD,
    BACKUP_PASSWORD,
    DATABASE_SECRETS,
    OWNER_PASSWORD,
    REDIS_PASSWORD,
    SUPERUSER_PASSWORD,
    ensure_secrets,
)
from server.embedded.supervisor import Supervisor
from server.embedded.urls import Urls, make_urls

PORT_TRIES = 5


class EmbeddedServices:
    """A PostgreSQL and a Redis of our own in one home; `async with` starts and stops them.

    Inside, `urls` says where they are, `supervisor` and `launcher` take further programs (started
    again when they die, stopped first), `postgres_binaries` and `redis_binary` say what runs, and
    `data_folder` where the database files are.

    Use it on asyncio's own loop in the main thread: Linux stops the children when the thread that
    started them ends.
    """

    urls: Urls
    data_folder: Path
    launcher: Launcher
    supervisor: Supervisor
    postgres_binaries: PostgresBinaries | None = None
    redis_binary: RedisBinary | None = None

    def __init__(
        self,
        home: Path,
        *,
        say: Callable[[str], None],
        mode: Mode = "auto",
        settings: Mapping[str, str] | None = None,
        env_file: Path | None = None,
        given: Mapping[str, str] | None = None,
        with_postgres: bool = True,
        with_redis: bool = True,
        shared_root: Path = SHARED_ROOT,
    ) -> None:
        """Prepare to run in the folder `home`; nothing happens before `async with`.

        `say` takes every line of ours and of the children. `settings` are PostgreSQL's
        (`{"fsync": "off"}`). Secrets are read from and made in `env_file` (default `home/env`),
        unless the process environment, `given`, has them. Without `with_postgres` neither its
        passwords nor the keys of its data are made: they belong to a database elsewhere.
        """
        self._home = home
        self._say = say
        self._mode = mode
        self._settings = dict(settings or {})
        self._env_file = env_file
        self._given = given or {}
        self._ports: dict[str, int] = {}
        self._with_postgres = with_postgres
        self._with_redis = with_redis
        self._shared_root = shared_root
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Start both.

        Raises:
            EmbeddedError: one cannot run; whatever had been started is stopped again.
        """
        async with AsyncExitStack() as stack:
            home = make_home(self._home)
            stack.enter_context(hold(home))
            run_file = RunFile(home / "run.json")
            await stop_orphans(run_file, self._say)
            self.launcher = Launcher(run_file, self._say, logs=home / FOLDER)
            self.supervisor = Supervisor(self._say)
            stack.push_async_callback(self.supervisor.stop)
            placement = place(home, shared_root=self._shared_root, say=self._say)
            self.data_folder = placement.folder
            self._choose_binaries(placement)
            secrets = self._secrets(home)
            if self.postgres_binaries:
                await self._start_postgres(self.postgres_binaries, placement, secrets)
            if self.redis_binary:
                await self._start_redis(self.redis_binary, placement, secrets)
            self.urls = make_urls(self._ports, secrets)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop everything, the last started first."""
        await self._stack.aclose()

    def _choose_binaries(self, placement: Placement) -> None:
        folder, account = placement.folder, placement.account
        if self._with_postgres:
            postgres = choose_postgres(self._mode, data_major(folder))
            self.postgres_binaries = reachable_postgres(postgres, account, folder, self._say)
        if self._with_redis:
            redis = choose_redis(self._mode)
            self.redis_binary = reachable_redis(redis, account, folder, self._say)

    def _secrets(self, home: Path) -> dict[str, str]:
        wanted = [*(DATABASE_SECRETS if self._with_postgres else ())]
        if self._with_redis:
            wanted.append(REDIS_PASSWORD)
        major = data_major(self.data_folder)
        return ensure_secrets(
            self._env_file or home / "env",
            database=self.data_folder / f"{DATABASE_PREFIX}{major}" if major else None,
            wanted=wanted,
            given=self._given,
            say=self._say,
        )

    async def _start_postgres(
        self, binaries: PostgresBinaries, placement: Placement, secrets: Mapping[str, str]
    ) -> None:
        data = placement.folder / f"{DATABASE_PREFIX}{binaries.major}"
        password = secrets[SUPERUSER_PASSWORD]
        if not data.exists():
            self._say(f"Making a new, empty database in {data}.")
            await make_cluster(
                binaries,
                placement.folder,
                account=placement.account,
                password=password,
                launcher=self.launcher,
                durable=self._settings.get("fsync") != "off",
            )
        options = PostgresOptions(binaries, data, placement.account, password, self._settings)
        postgres = Postgres(self.launcher, options, port=0)
        await self._start_on_free_port(postgres)
        await _bootstrap(postgres, secrets)

    async def _start_redis(
        self, binary: RedisBinary, placement: Placement, secrets: Mapping[str, str]
    ) -> None:
        data = placement.folder / "redis"
        options = RedisOptions(binary, data, placement.account, secrets[REDIS_PASSWORD])
        await self._start_on_free_port(Redis(self.launcher, options, port=0))

    async def _start_on_free_port(self, child: Postgres | Redis) -> None:
        run_file = self.launcher.run_file
        tried: set[int] = set()
        while True:
            last = run_file.ports.get(child.name)
            child.port = choose_port(last, without=tried | set(run_file.ports.values()) - {last})
            try:
                await self.supervisor.start(child)
            except PortTaken:
                tried.add(child.port)
                if len(tried) == PORT_TRIES:
                    raise
            else:
                run_file.record_port(child.name, child.port)
                self._ports[child.name] = child.port
                return


async def _bootstrap(postgres: Postgres, secrets: Mapping[str, str]) -> None:
    connection = await postgres.connect("postgres")
    try:
        await roles.ensure_roles(
            connection,
            {
                roles.OWNER: secrets[OWNER_PASSWORD],
                roles.APP: secrets[APP_PASSWORD],
                roles.BACKUP: secrets[BACKUP_PASSWORD],
            },
        )
    finally:
        await connection.close()
    connection = await postgres.connect(roles.DATABASE)
    try:
        await roles.ensure_extension(connection)
    finally:
        await connection.close()
