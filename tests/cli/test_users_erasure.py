"""Accounts are closed, restored and erased from the box's own command line."""

import json

import pytest

from tests.cli.conftest import EMAIL as ADMIN
from tests.factories import PASSWORD

EMAIL = "ben@example.org"


@pytest.fixture
async def catchup(catchup):
    """Run a command; beside the admin there is a user with EMAIL."""
    made = await catchup("users", "create", EMAIL, "--password-stdin", typed=PASSWORD)
    assert made.exit_code == 0, made.output
    return catchup


async def test_a_preview_is_shown_and_no_is_taken_for_an_answer(catchup):
    asked = await catchup("users", "delete", EMAIL, typed="n\n")
    closed = await catchup("users", "erasures")

    assert asked.exit_code == 1
    assert "groups" in asked.stdout
    assert "it goes as a whole, with its keys" in asked.stdout
    assert "No account was ever closed" in closed.stdout


async def test_an_account_is_closed_and_restored(catchup):
    closed = await catchup("users", "delete", EMAIL, "--yes", "--json")
    restored = await catchup("users", "restore", EMAIL)
    listed = await catchup("users", "erasures", "--json")

    assert json.loads(closed.stdout)["shared"] == "erase"
    assert restored.exit_code == 0
    assert [one["state"] for one in json.loads(listed.stdout)] == ["restored"]


async def test_an_account_is_erased_at_once_with_its_proof(catchup):
    erased = await catchup("users", "delete", EMAIL, "--yes", "--now", "--json")
    left = await catchup("users", "list", "--json")

    assert json.loads(erased.stdout)["certificate"]["rows"]["users"] == 1
    assert [user["email"] for user in json.loads(left.stdout)] == [ADMIN]


async def test_the_last_admin_is_refused(catchup):
    refused = await catchup("users", "delete", ADMIN, "--yes")

    assert refused.exit_code == 1
    assert "only admin" in refused.stderr
