"""Who looks after the server, and who is here, from the box's own command line."""

import json

from tests.cli.conftest import EMAIL
from tests.factories import PASSWORD

BEN = "ben@example.org"


async def roles(catchup):
    found = json.loads((await catchup("users", "list", "--json")).stdout)
    return {user["email"]: user["server_role"] for user in found}


async def test_the_last_admin_stays_one(catchup):
    refused = await catchup("users", "role", EMAIL, "member")

    assert refused.exit_code == 1
    assert await roles(catchup) == {EMAIL: "admin"}


async def test_an_admin_hands_the_server_over(catchup):
    await catchup("users", "create", BEN, "--password-stdin", typed=PASSWORD)
    given = await catchup("users", "role", BEN, "admin")
    laid_down = await catchup("users", "role", EMAIL, "member")

    assert (given.exit_code, laid_down.exit_code) == (0, 0)
    assert await roles(catchup) == {EMAIL: "member", BEN: "admin"}


async def test_the_trail_says_once_who_became_what(catchup):
    await catchup("users", "create", BEN, "--password-stdin", typed=PASSWORD)
    for _ in range(2):
        await catchup("users", "role", BEN, "admin")

    listed = await catchup("audit", "list", "--action", "user.role_changed", "--json")
    assert [one["details"]["server_role"] for one in json.loads(listed.stdout)] == ["admin"]


async def test_a_closed_account_is_listed_as_such(catchup):
    await catchup("users", "create", BEN, "--password-stdin", typed=PASSWORD)
    await catchup("users", "delete", BEN, "--yes")

    ana, ben = (await catchup("users", "list")).stdout.splitlines()
    assert "closed" in ben
    assert "closed" not in ana
