"""A fake Twilio on a real socket, and the channel with the real SDK that speaks to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.integrations.twilio import http
from server.integrations.twilio.channel import TwilioChannel
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, TwilioFake


@pytest.fixture
async def twilio(tmp_path: Path) -> AsyncIterator[TwilioFake]:
    async with TwilioFake(tmp_path / "sms.jsonl") as fake:
        yield fake


@pytest.fixture
async def channel(
    twilio: TwilioFake, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TwilioChannel]:
    monkeypatch.setattr(http, "LIMIT_S", 0.4)
    made = TwilioChannel(ACCOUNT, TOKEN, number=NUMBER, service_sid=None, base_url=twilio.url)
    yield made
    await made.close()
