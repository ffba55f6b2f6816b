import asyncio

import pytest
from click.testing import CliRunner

from server.__main__ import main
from tests.factories import PASSWORD

EMAIL = "ana@example.org"


@pytest.fixture
async def catchup(own_database):
    """Run a command in a thread, as it has an event loop and a pool of its own.

    The one user, hence the admin, has EMAIL.
    """

    async def run(*words, typed=None):
        return await asyncio.to_thread(CliRunner().invoke, main, words, input=typed)

    made = await run("users", "create", EMAIL, "--password-stdin", typed=PASSWORD)
    assert made.exit_code == 0, made.output
    return run
