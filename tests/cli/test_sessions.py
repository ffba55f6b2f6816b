import json
import os
import pwd

import asyncpg
import pytest

from server.cli.unix_user import unix_user
from tests.cli.conftest import EMAIL


@pytest.fixture
async def connection(own_database):
    opened = await asyncpg.connect(own_database.database)
    yield opened
    await opened.close()


@pytest.fixture
async def sign_in(connection):
    """Open a session straight in the table; return its id."""

    async def insert(address="192.0.2.1"):
        return str(
            await connection.fetchval(
                """INSERT INTO sessions (id, household_id, user_id, user_agent, address, created_at,
                        last_used_at, expires_at)
                    SELECT gen_random_uuid(), household_id, id, 'Browser', $1, now(), now(),
                        now() + interval '1 day' FROM users RETURNING id""",
                address,
            )
        )

    return insert


async def last_entry(connection):
    row = await connection.fetchrow(
        "SELECT action, actor_id, details FROM audit_entries ORDER BY at DESC LIMIT 1"
    )
    return row["action"], row["actor_id"], json.loads(row["details"])


async def test_the_devices_are_listed(catchup, sign_in):
    session_id = await sign_in()

    listed = await catchup("sessions", "list", "--user", EMAIL)
    (found,) = json.loads((await catchup("sessions", "list", "--user", EMAIL, "--json")).stdout)

    assert listed.stdout.startswith(session_id)
    assert (found["address"], found["user_agent"], found["has_mfa"]) == (
        "192.0.2.1",
        "Browser",
        False,
    )


async def test_what_a_device_calls_itself_cannot_move_the_cursor(catchup, sign_in, connection):
    await sign_in()
    await connection.execute("UPDATE sessions SET user_agent = E'\\x1b[2Jred\\u009b31m'")

    listed = await catchup("sessions", "list", "--user", EMAIL)

    assert listed.stdout.endswith("?[2Jred?31m\n")


async def test_one_is_revoked_after_asking(catchup, sign_in):
    first, second = await sign_in(), await sign_in("192.0.2.2")

    kept = await catchup("sessions", "revoke", first, typed="n\n")
    ended = await catchup("sessions", "revoke", first, typed="y\n")
    left = json.loads((await catchup("sessions", "list", "--user", EMAIL, "--json")).stdout)

    assert (kept.exit_code, ended.exit_code) == (1, 0)
    assert [one["id"] for one in left] == [second]


async def test_all_of_a_user_are_revoked_and_the_trail_says_by_whom(catchup, sign_in, connection):
    await sign_in()
    await sign_in()

    ended = await catchup("sessions", "revoke", "--user", EMAIL, "--yes")

    action, actor, details = await last_entry(connection)
    assert ended.stdout == "Ended: 2.\n"
    assert (action, actor, details["sessions_ended"]) == ("sessions.ended", None, 2)
    assert details.items() >= unix_user().items()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "catchup: give either"),
        (("0" * 32, "--user", EMAIL), "catchup: give either"),
        (("0" * 32, "--yes"), "catchup: There is no such object."),
        (("--user", "nobody@example.org", "--yes"), "catchup: Nobody has that e-mail"),
    ],
)
async def test_what_is_wrong_is_one_line(catchup, words, said):
    result = await catchup("sessions", "revoke", *words)

    assert (result.exit_code, result.stderr.startswith(said)) == (1, True)


async def test_a_second_factor_is_reset_and_the_trail_says_by_whom(catchup, sign_in, connection):
    await sign_in()

    kept = await catchup("users", "reset-mfa", EMAIL, typed="n\n")
    done = await catchup("users", "reset-mfa", EMAIL, "--yes")

    action, actor, details = await last_entry(connection)
    assert (kept.exit_code, done.exit_code) == (1, 0)
    assert (action, actor, details["sessions_ended"]) == ("mfa.reset", None, 1)
    assert details.items() >= unix_user().items()


@pytest.mark.parametrize("command", ["reset-password", "passwd"])
async def test_a_password_is_reset_and_the_trail_says_by_whom(
    catchup, sign_in, connection, command
):
    await sign_in()

    done = await catchup("users", command, EMAIL, "--password-stdin", typed="another passphrase")

    action, actor, details = await last_entry(connection)
    assert done.exit_code == 0, done.output
    assert (action, actor, details["sessions_ended"]) == ("user.password_changed", None, 1)
    assert details.items() >= unix_user().items()


def test_behind_sudo_the_person_is_named(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "12345678")

    assert unix_user() == {"unix_user": "12345678", "unix_uid": 12345678, "as_root": True}


def test_nobody_but_root_is_believed_to_be_somebody_else(monkeypatch):
    nobody = pwd.getpwnam("nobody")
    monkeypatch.setattr(os, "getuid", lambda: nobody.pw_uid)
    monkeypatch.setenv("SUDO_UID", "0")

    assert unix_user()["unix_user"] == "nobody"
