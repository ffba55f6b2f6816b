"""A process that dies at a durable step: the provider comes back, and all counts once."""

import asyncio
import http.client
import json
import signal
from itertools import product
from urllib.parse import urlsplit

import pytest

from server import config, db, failpoints
from server.failpoints import MOMENTS, VARIABLE, Step
from server.lib.clock import utc_now
from server.messages import opt_outs
from server.preferences import service_phone
from server.users import reach
from tests.factories import make_member
from tests.http_server import http_server
from tests.webhooks import signing
from tests.webhooks.forging import Sent, genuine_json, genuine_sms
from tests.webhooks.phones import NUMBER, give_phone, leave_message

STEPS = (Step.INBOX_STORE, Step.EVENTS_STORE)
POINTS = tuple(product((*STEPS, Step.PHONE_VERIFY), MOMENTS))
CODE = "123456"


class KilledError(BaseException):
    """Stands for the end of the process."""


async def make_genuine(member, step: Step) -> Sent:
    """Return a request that passes a step, and would have an effect."""
    if step is Step.INBOX_STORE:
        await give_phone(member)
        return genuine_sms("/api/webhooks/sms", signing.sms())
    mailed = await leave_message(member, "sending", channel="email")
    told = [
        {"event": kind, "catchup_message": str(mailed), "timestamp": 1_772_388_000}
        for kind in ("delivered", "spamreport")
    ]
    return genuine_json("/api/webhooks/email", json.dumps(told).encode())


async def check_once(member, step: Step) -> None:
    """See that a request has had its effect once."""
    mine = member.scope.user_id
    if step is Step.INBOX_STORE:
        count = "SELECT count(*) FROM inbox_messages WHERE user_id = $1"
        assert await db.fetch_value(count, mine) == 1
        return
    states = await db.fetch("SELECT state FROM outbox_messages WHERE user_id = $1", mine)
    assert [row["state"] for row in states] == ["delivered"]
    assert await db.fetch_value("SELECT count(*) FROM message_events WHERE user_id = $1", mine) == 2
    assert await opt_outs.is_stopped(member.scope, "email")


async def test_what_dies_at_a_step_is_done_when_it_comes_again(client, monkeypatch):
    for step, moment in product(STEPS, MOMENTS):
        member = await make_member()
        sent = await make_genuine(member, step)

        def die(reached: Step, at: str, *, here: tuple[Step, str] = (step, moment)) -> None:
            if (reached, at) == here:
                raise KilledError

        with monkeypatch.context() as patch:
            patch.setattr(failpoints, "reach", die)
            with pytest.raises(KilledError):
                await sent.post(client)
        assert await sent.post(client) < 300
        assert await sent.post(client) < 300

        await check_once(member, step)
        await reach.clear_phone(member.scope, now=utc_now())
        await db.execute("DELETE FROM inbox_messages")


def send(url: str, sent: Sent) -> int:
    """Send a request over the line; 0 when the line breaks."""
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        line.request("POST", sent.address, sent.body, dict(sent.headers))
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        line.close()


@pytest.mark.drill
async def test_a_server_that_is_killed_at_each_step_loses_and_doubles_nothing(
    database, monkeypatch, tmp_path
):
    monkeypatch.setenv("PUBLIC_URL", "https://catchup.example.org")
    config.settings.cache_clear()
    with (tmp_path / "log").open("wb") as log:
        for step, moment in POINTS:
            member = await make_member()
            if step is Step.PHONE_VERIFY:
                await service_phone.ask_for_code(member.scope, NUMBER, code=CODE, now=utc_now())
                body = json.dumps({"code": CODE}).encode()
                headers = {**member.headers, "Content-Type": "application/json"}
                sent = Sent("/api/preferences/phone/verify", list(headers.items()), body)
            else:
                sent = await make_genuine(member, step)
            async with http_server(log, **{VARIABLE: f"{step}.{moment}"}) as server:
                assert await asyncio.to_thread(send, server.url, sent) == 0
                assert await asyncio.to_thread(server.process.wait, 30) == -signal.SIGKILL
            async with http_server(log) as server:
                again = [await asyncio.to_thread(send, server.url, sent) for _ in range(2)]

            print(f"{step}.{moment}: killed, then {again}")
            if step is Step.PHONE_VERIFY:
                assert again == ([200, 409] if moment == "uncommitted" else [409, 409])
                assert await reach.find_by_phone(NUMBER) == member.scope
            else:
                assert max(again) < 300
                await check_once(member, step)
            await reach.clear_phone(member.scope, now=utc_now())
            await db.execute("DELETE FROM inbox_messages")
    config.settings.cache_clear()
