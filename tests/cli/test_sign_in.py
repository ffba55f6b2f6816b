import json

import pytest

from tests.cli.conftest import EMAIL

USER = ("--user", EMAIL)


async def test_a_token_is_made_listed_and_revoked(catchup):
    made = await catchup("tokens", "create", "script", *USER, "--scope", "contacts:read")
    (token,) = json.loads((await catchup("tokens", "list", *USER, "--json")).stdout)
    revoked = await catchup("tokens", "revoke", token["id"], *USER)
    left = await catchup("tokens", "list", *USER, "--json")

    assert made.stdout.startswith("cut_")
    assert (token["name"], token["scopes"]) == ("script", ["contacts:read"])
    assert (revoked.exit_code, left.stdout) == (0, "[]\n")


async def test_a_token_gets_a_new_secret(catchup):
    await catchup("tokens", "create", "script", *USER, "--scope", "contacts:read")
    (token,) = json.loads((await catchup("tokens", "list", *USER, "--json")).stdout)
    renewed = await catchup("tokens", "rotate", token["id"], *USER, "--grace", "0", "--json")

    new = json.loads(renewed.stdout)
    assert new["id"] == token["id"]
    assert new["token"].startswith("cut_")


async def test_an_invitation_is_made_listed_and_revoked(catchup):
    made = await catchup("invitations", "create", *USER, "--for", "Ben@example.org")
    (invitation,) = json.loads((await catchup("invitations", "list", *USER, "--json")).stdout)
    revoked = await catchup("invitations", "revoke", invitation["id"], *USER)
    left = await catchup("invitations", "list", *USER, "--json")

    assert made.stdout.startswith("cui_")
    assert invitation["email"] == "ben@example.org"
    assert (revoked.exit_code, left.stdout) == (0, "[]\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("tokens", "create", "x", *USER, "--scope", "nonsense"), "catchup: scopes.0: "),
        (("tokens", "create", "x", *USER, "--scope", "account:write"), "catchup: scopes.0: "),
        (("tokens", "revoke", "0" * 32, *USER), "catchup: There is no such object."),
        (("invitations", "create", *USER, "--for", "x"), "catchup: email: "),
    ],
)
async def test_what_is_wrong_is_one_line(catchup, words, said):
    result = await catchup(*words)

    assert result.exit_code == 1
    assert result.output.startswith(said)


async def test_a_link_from_the_console_chooses_a_new_password(catchup):
    made = await catchup("users", "reset-link", EMAIL)
    unknown = await catchup("users", "reset-link", "nobody@example.org")

    assert "/password-reset#cup_" in made.stdout
    assert unknown.exit_code == 1


async def test_an_account_is_unlocked_from_the_console(catchup):
    assert (await catchup("users", "unlock", "ANA@example.org")).exit_code == 0
