"""What is sent to PostgreSQL, counted."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import asyncpg
import pytest


@pytest.fixture
def count_statements(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], AbstractContextManager[list[str]]]:
    """Collect what is sent to PostgreSQL, BEGIN and COMMIT included."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        seen: list[str] = []
        real = asyncpg.Connection._execute
        plain = asyncpg.Connection.execute

        async def execute(self: Any, query: str, *args: Any, **more: Any) -> Any:
            if not args:
                seen.append(query)
            return await plain(self, query, *args, **more)

        async def prepared(self: Any, query: str, *args: Any, **more: Any) -> Any:
            seen.append(query)
            return await real(self, query, *args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(asyncpg.Connection, "execute", execute)
            patch.setattr(asyncpg.Connection, "_execute", prepared)
            yield seen

    return counting
