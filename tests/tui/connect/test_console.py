import json
import sys
from datetime import timedelta

import pytest

from tests.tui.pilot import NOW
from tui.connect.console import LocalAccess, mint
from tui.errors import ConnectFailed

TOLD = {
    "url": "http://127.0.0.1:3000",
    "token": "t",
    "expires_at": (NOW + timedelta(hours=1)).isoformat(),
    "user": "ana@example.org",
    "scope": "read",
}


def command(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


async def nobody(title, questions):
    raise AssertionError("the box asks nothing")


async def test_the_box_makes_a_session_that_reads():
    access = LocalAccess(command=command(f"print({json.dumps(TOLD)!r})"))

    lease = await access.open(nobody)

    assert (lease.url, lease.user, lease.elevated_until) == (TOLD["url"], TOLD["user"], None)


async def test_a_session_to_act_ends_when_its_token_does():
    access = LocalAccess(command=command(f"print({json.dumps(TOLD)!r})"))

    lease = await access.elevate(await access.open(nobody), nobody)

    assert lease is not None
    assert lease.elevated_until == lease.expires_at


async def test_the_command_is_told_what_for_and_for_whom():
    said = "import sys, json; print(sys.argv[1:], file=sys.stderr); sys.exit(1)"

    with pytest.raises(ConnectFailed) as caught:
        await mint(command(said), may_act=True, email="ana@example.org")

    assert "'--scope', 'write', '--as', 'ana@example.org'" in caught.value.sentence


async def test_what_the_command_complains_of_is_said():
    said = "import sys; sys.exit('catchup: the database has no tables yet')"

    with pytest.raises(ConnectFailed, match="the database has no tables yet"):
        await mint(command(said), may_act=False, email=None)


@pytest.mark.parametrize("answer", ["", "[]", "nonsense", '{"url": "x"}'])
async def test_an_answer_that_is_none_is_said(answer):
    with pytest.raises(ConnectFailed, match="not understood"):
        await mint(command(f"print({answer!r})"), may_act=False, email=None)


async def test_a_machine_without_catchup_is_said():
    with pytest.raises(ConnectFailed, match="cannot be run"):
        await mint(("/nowhere/catchup",), may_act=False, email=None)
