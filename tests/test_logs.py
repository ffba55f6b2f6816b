import asyncio
import gc
import io
import json
import logging

import pytest

from server import logs

CANARY = "ana@example.org"


@pytest.fixture
def lines():
    """The JSON lines that libraries log; the root logger is put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("info")
    stream = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


async def test_error_that_nobody_awaited_is_logged_without_its_text(lines):
    async def fail():
        raise ValueError(f"Key (email)=({CANARY}) already exists")

    task = asyncio.create_task(fail())
    await asyncio.wait({task})
    del task
    gc.collect()

    (line,) = lines()
    assert line["event"] == "Task exception was never retrieved"
    assert line["error"] == "ValueError"
    assert CANARY not in json.dumps(line)


def test_error_of_a_library_is_logged_by_its_class(lines):
    error = ValueError(CANARY)
    logging.getLogger("library").error("it broke", exc_info=(ValueError, error, None))

    (line,) = lines()
    assert (line["event"], line["error"]) == ("it broke", "ValueError")
