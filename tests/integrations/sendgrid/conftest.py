"""A fake SendGrid on a real socket, and the channel with the real SDK that speaks to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.config_messages import sender
from server.integrations.sendgrid import channel as sendgrid_channel
from server.integrations.sendgrid.channel import SendGridChannel
from tests.fakes.sendgrid import KEY, SendGridFake

SENDER = sender("CatchUp <catchup@example.org>")


@pytest.fixture
async def sendgrid(tmp_path: Path) -> AsyncIterator[SendGridFake]:
    async with SendGridFake(tmp_path / "mail.jsonl") as fake:
        yield fake


@pytest.fixture
def channel(sendgrid: SendGridFake, monkeypatch: pytest.MonkeyPatch) -> SendGridChannel:
    monkeypatch.setattr(sendgrid_channel, "SOCKET_LIMIT_S", 0.3)
    return SendGridChannel(KEY, SENDER, base_url=sendgrid.url)
