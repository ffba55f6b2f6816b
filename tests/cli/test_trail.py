"""What is done at the box: the trail says by which user of the machine."""

import json

import asyncpg
import pytest

from server.cli.unix_user import unix_user
from tests.cli.conftest import EMAIL


@pytest.fixture
async def entries(own_database):
    """Read actor and details of the entries of one action."""

    async def read(action):
        connection = await asyncpg.connect(own_database.database)
        rows = await connection.fetch(
            "SELECT actor_id, details FROM audit_entries WHERE action = $1 ORDER BY sequence",
            action,
        )
        await connection.close()
        return [(row["actor_id"], json.loads(row["details"])) for row in rows]

    return read


async def test_a_user_made_there_did_not_make_themselves(catchup, entries):
    assert await entries("user.created") == [(None, unix_user() | {"server_role": "admin"})]


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (("tokens", "create", "script", "--scope", "contacts:read"), "token.created"),
        (("invitations", "create"), "invitation.created"),
        (("feeds", "create", "Phone"), "feed.created"),
    ],
)
async def test_what_is_done_there_for_a_user_names_both(catchup, entries, words, action):
    done = await catchup(*words, "--user", EMAIL)

    ((actor_id, details),) = await entries(action)
    assert done.exit_code == 0
    assert actor_id is not None
    assert details.items() >= unix_user().items()


@pytest.mark.parametrize(
    ("words", "action"),
    [
        (("keys", "rotate", "audit"), "key.rotation_started"),
        (("users", "delete", EMAIL, "--yes"), "account.closed"),
    ],
)
async def test_what_is_done_there_to_the_server_names_nobody_else(catchup, entries, words, action):
    done = await catchup(*words)

    ((actor_id, details),) = await entries(action)
    assert done.exit_code == 0, done.output
    assert actor_id is None
    assert details.items() >= unix_user().items()
