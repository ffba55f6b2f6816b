"""Every act of the admin API can be done from the box's own command line, too, and say so as JSON.

A new act without a twin fails here: write its command, and a line in TWINS.
"""

import json
from collections.abc import Iterator
from typing import Any

import asyncpg
import click
import pytest
from click.testing import Result

from server.__main__ import main
from server.app import create_app
from server.config import Settings
from tests.cli.conftest import EMAIL

TWINS = {
    "POST /alerts/acknowledge": "alerts acknowledge",
    "POST /audit/verify": "audit verify",
    "POST /integrations/<integration>/test": "integrations test",
    "POST /invitations": "users invite",
    "DELETE /invitations/<uuid:invitation_id>": "invitations revoke",
    "POST /jobs/<job_id>/abort": "jobs abort",
    "POST /jobs/<job_id>/forget": "jobs forget",
    "POST /jobs/<job_id>/retry": "jobs retry",
    "POST /jobs/all/abort": "jobs abort",
    "POST /jobs/all/forget": "jobs forget",
    "POST /jobs/all/retry": "jobs retry",
    "POST /keys/<uuid:key_id>/retire": "keys retire",
    "POST /keys/<uuid:key_id>/revoke": "keys revoke",
    "POST /keys/rotations": "keys rotate",
    "POST /messages/<uuid:message_id>/retry": "messages retry",
    "POST /schedules/<schedule_name>/run": "schedules run",
    "POST /users/<uuid:user_id>/disable": "users disable",
    "POST /users/<uuid:user_id>/enable": "users enable",
    "POST /users/<uuid:user_id>/erase": "users erase",
    "POST /users/<uuid:user_id>/export": "users export",
    "POST /users/<uuid:user_id>/reset-mfa": "users reset-mfa",
    "POST /users/<uuid:user_id>/reset-password": "users reset-link",
    "POST /users/<uuid:user_id>/restore": "users restore",
    "POST /users/<uuid:user_id>/role": "users role",
    "DELETE /users/<uuid:user_id>/sessions": "sessions revoke",
    "DELETE /users/<uuid:user_id>/sessions/<uuid:session_id>": "sessions revoke",
}
# What goes on until it is stopped, and what prints JSON anyway.
WITHOUT_OPTION = {"up", "serve", "worker", "admin", "openapi", "audit heads"}
PREFIX = "/api/admin"
ACTS = {"POST", "PUT", "PATCH", "DELETE"}


def commands(command: click.Command = main, words: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(words)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        part = command.get_command(context, name)
        assert part is not None
        yield from commands(part, (*words, name))


def found(words: str) -> click.Command | None:
    command: click.Command | None = main
    for word in words.split():
        if not isinstance(command, click.Group):
            return None
        command = command.get_command(click.Context(command), word)
    return command


def takes_json(command: click.Command) -> bool:
    return any("--json" in parameter.opts for parameter in command.params)


def test_every_act_of_the_admin_api_has_a_twin():
    acts = {
        f"{method} {rule.rule.removeprefix(PREFIX)}"
        for rule in create_app(Settings()).url_map.iter_rules()
        if rule.rule.startswith(f"{PREFIX}/")
        for method in ACTS & set(rule.methods or ())
    }

    assert acts == TWINS.keys()


@pytest.mark.parametrize("words", sorted(set(TWINS.values())))
def test_a_twin_is_a_command_that_speaks_json(words):
    command = found(words)

    assert command is not None
    assert takes_json(command)


@pytest.mark.parametrize("words", sorted(set(commands()) - WITHOUT_OPTION))
def test_every_command_speaks_json(words):
    command = found(words)

    assert command is not None
    assert takes_json(command)


def test_what_has_no_such_option_is_a_command():
    assert set(commands()) >= WITHOUT_OPTION


async def test_acts_on_a_user_say_what_they_touched(catchup):
    role = await catchup("users", "role", EMAIL, "admin", "--json")
    factor = await catchup("users", "reset-mfa", EMAIL, "--yes", "--json")
    ended = await catchup("sessions", "revoke", "--user", EMAIL, "--yes", "--json")
    tries = await catchup("users", "unlock", EMAIL, "--json")

    assert told(role) == {"act": "role", "email": EMAIL, "touched": {"role_changed": 0}}
    assert told(factor)["touched"]["sessions_ended"] == 0
    assert told(ended)["touched"] == {"sessions_ended": 0}
    assert told(tries) == {"act": "unlock", "email": EMAIL}


async def test_a_link_is_told_or_mailed(catchup, own_database):
    shown = told(await catchup("users", "reset-link", EMAIL, "--json"))
    mailed = told(await catchup("users", "reset-link", EMAIL, "--mail", "--json"))

    connection = await asyncpg.connect(own_database.database)
    kinds = [row["kind"] for row in await connection.fetch("SELECT kind FROM outbox_messages")]
    await connection.close()
    assert "cup_" in shown["link"]
    assert mailed["link"] is None
    assert kinds == ["password_reset"]


async def test_an_alert_is_acknowledged_in_json(catchup):
    done = await catchup("alerts", "acknowledge", "--yes", "--json")

    assert told(done) == {"acknowledged": 0}


async def test_an_invitation_is_revoked_in_json(catchup):
    made = told(await catchup("users", "invite", "--user", EMAIL, "--json"))

    done = await catchup("invitations", "revoke", made["id"], "--user", EMAIL, "--json")

    assert told(done) == {"act": "revoke", "invitation_id": made["id"]}


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
