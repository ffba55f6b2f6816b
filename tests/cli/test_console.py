import json

from server.cli.unix_user import unix_user
from tests.cli.conftest import EMAIL


async def test_the_dashboard_gets_what_it_needs(catchup):
    made = await catchup("tokens", "console", "--scope", "write", "--json")

    found = json.loads(made.stdout)
    assert found.keys() == {"url", "token", "expires_at", "user", "scope"}
    assert (found["user"], found["scope"]) == (EMAIL, "write")
    assert found["url"].startswith("http://127.0.0.1:")


async def test_a_person_gets_the_token(catchup):
    made = await catchup("tokens", "console", "--as", EMAIL)

    assert made.stdout.count(".") == 2


async def test_the_session_is_listed_with_who_opened_it(catchup):
    await catchup("tokens", "console")

    (found,) = json.loads((await catchup("sessions", "list", "--user", EMAIL, "--json")).stdout)
    assert found["user_agent"] == f"catchup console ({unix_user()['unix_user']})"


async def test_who_is_no_admin_gets_one_line(catchup):
    refused = await catchup("tokens", "console", "--as", "nobody@example.org")

    assert (refused.exit_code, refused.stderr.count("\n")) == (1, 1)
