import json

import pytest

from server import config
from tests.cli.conftest import EMAIL


@pytest.fixture(autouse=True)
def port(own_database, monkeypatch):
    monkeypatch.setenv("PORT", "3000")
    config.settings.cache_clear()


async def test_a_feed_is_made_listed_and_revoked(catchup):
    made = await catchup("feeds", "create", "Ana's phone", "--user", EMAIL, "--json")
    feed = json.loads(made.stdout)
    listed = await catchup("feeds", "list", "--user", EMAIL)
    revoked = await catchup("feeds", "revoke", feed["id"], "--user", EMAIL)
    left = await catchup("feeds", "list", "--user", EMAIL, "--json")

    assert feed["url"].startswith("http://127.0.0.1:3000/feeds/cuf_")
    assert listed.stdout.split() == [feed["id"], "full", "never", "read", "Ana's", "phone"]
    assert (revoked.exit_code, left.stdout) == (0, "[]\n")


async def test_the_address_alone_is_printed(catchup):
    made = await catchup("feeds", "create", "Office", "--user", EMAIL, "--hidden", "--no-pending")
    listed = await catchup("feeds", "list", "--user", EMAIL, "--json")

    (address,) = made.stdout.splitlines()
    (feed,) = json.loads(listed.stdout)
    assert address.endswith(".ics")
    assert (feed["detail"], feed["include_pending"]) == ("hidden", False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "", "--user", EMAIL), "catchup: name: must not be empty"),
        (("create", "x", "--user", "nobody@example.org"), "catchup: Nobody has that e-mail"),
        (("revoke", "0" * 32, "--user", EMAIL), "catchup: There is no such object."),
    ],
)
async def test_what_is_wrong_is_one_line(catchup, words, said):
    result = await catchup("feeds", *words)

    assert result.exit_code == 1
    assert result.stderr.startswith(said)
