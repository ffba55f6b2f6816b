"""Lists of the command line come in the orders of the dashboard's."""

import json

import pytest

from tests.cli.conftest import EMAIL
from tests.factories import PASSWORD


@pytest.mark.parametrize(
    ("words", "orders"),
    [
        ("jobs list", ("newest", "oldest", "function", "error")),
        ("messages list", ("newest", "oldest")),
        ("audit list", ("newest", "oldest")),
        ("keys list", ("oldest", "newest")),
        ("schedules list", ("name", "next", "last")),
        ("users list", ("oldest", "newest", "email", "name")),
    ],
)
async def test_a_list_comes_in_each_order(catchup, words, orders):
    for order in orders:
        done = await catchup(*words.split(), "--sort", order, "--json")

        assert done.exit_code == 0, done.output


async def test_the_orders_of_users_differ(catchup):
    for email in ("zoe@example.org", "Ben@example.org"):
        await catchup("users", "create", email, "--password-stdin", typed=PASSWORD)

    async def emails(order):
        done = await catchup("users", "list", "--sort", order, "--json")
        return [one["email"].split("@")[0].lower() for one in json.loads(done.stdout)]

    assert await emails("oldest") == [EMAIL.split("@")[0], "zoe", "ben"]
    assert await emails("newest") == ["ben", "zoe", "ana"]
    assert await emails("email") == ["ana", "ben", "zoe"]


async def test_keys_turn_round(catchup):
    async def ids(order):
        done = await catchup("keys", "list", "--sort", order, "--json")
        return [one["id"] for one in json.loads(done.stdout)]

    oldest = await ids("oldest")

    assert await ids("newest") == oldest[::-1]
    assert len(oldest) > 2
