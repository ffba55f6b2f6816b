from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.private_services import temporary_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user can reach, too."""
    with temporary_folder() as path:
        yield path


@pytest.fixture
def said() -> list[str]:
    return []
