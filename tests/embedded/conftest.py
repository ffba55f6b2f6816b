from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from server.embedded.binaries import Mode, choose_postgres, choose_redis
from server.embedded.errors import EmbeddedError
from server.embedded.services import EmbeddedServices
from tests.private_services import NOT_DURABLE, temporary_folder


def ignore(line: str) -> None:
    """Take a line that no test looks at."""


def need(mode: Mode) -> None:
    """Skip a test on a machine that has no binaries for `mode`."""
    try:
        choose_postgres(mode, None)
        choose_redis(mode)
    except EmbeddedError as error:
        pytest.skip(error.detail)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user can reach, too."""
    with temporary_folder() as path:
        yield path


@pytest.fixture(scope="session")
def homes() -> Iterator[Path]:
    with temporary_folder() as path:
        yield path


@pytest.fixture
def home_of(homes: Path) -> Callable[[Mode], Awaitable[Path]]:
    """Give the home of a mode, with a database in it; tests leave it as they found it.

    Making a database takes longer than most tests, so that they share one for each mode.
    """

    async def home_of(mode: Mode) -> Path:
        need(mode)
        home = homes / mode
        if not home.exists():
            async with EmbeddedServices(home, say=ignore, mode=mode, settings=NOT_DURABLE):
                pass
        return home

    return home_of


@pytest.fixture
async def home(home_of: Callable[[Mode], Awaitable[Path]]) -> Path:
    """A home with a database, made by the binaries that this machine prefers."""
    need("auto")
    return await home_of(choose_postgres("auto", None).source)
