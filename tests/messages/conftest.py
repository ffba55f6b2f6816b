from datetime import datetime, timedelta

import pytest

from server import db
from server.keys import service as keys
from server.messages.lane import Lane
from server.outbox import service as outbox
from tests.messages.boxed import message
from tests.messages.scripted import Scripted, read
from tests.times import MONDAY


class Watched(Lane):
    """A lane whose faults are the test's."""

    faults: list[BaseException]

    def _land(self, flight, task):
        super()._land(flight, task)
        if not task.cancelled() and (error := task.exception()):
            self.faults.append(error)


class Sender:
    """A lane that moves when it is told to, on a clock of its own."""

    def __init__(self, ledger, name="sms"):
        self.ledger = ledger
        self.channel = Scripted(ledger, "twilio" if name == "sms" else "sendgrid")
        self.now = MONDAY
        self.lane = self.another(name)

    def another(self, name="sms"):
        """Another process's lane, beside the same provider."""
        lane = Watched(name, self.channel, clock=lambda: self.now, jitter=lambda: 0.0)
        lane.faults = []
        return lane

    def pass_time(self, **more: float) -> datetime:
        self.now += timedelta(**more)
        return self.now

    async def step(self, lane=None, **more: float) -> None:
        """Let time pass, look once and wait for what began."""
        self.pass_time(**more)
        lane = lane or self.lane
        await lane.round()
        await lane.drain(20)
        for fault in getattr(lane, "faults", ()):
            raise fault

    @property
    def sent(self):
        """Ids that the provider accepted, one for each time."""
        return read(self.ledger)


@pytest.fixture
def sms(tmp_path) -> Sender:
    return Sender(tmp_path / "sms")


@pytest.fixture
def email(tmp_path) -> Sender:
    return Sender(tmp_path / "email", "email")


@pytest.fixture
async def with_phone(member):
    """The member, with a verified phone."""
    await give_phone(member)
    return member


async def give_phone(member, phone="+4930123456"):
    box = await keys.box(member.scope.household_id)
    await db.execute(
        """UPDATE users SET phone = $2, phone_index = $3, phone_index_key_id = $4,
            phone_verified_at = $5 WHERE id = $1""",
        member.scope.user_id,
        box.seal("users", "phone", member.scope.user_id, phone),
        member.scope.user_id.bytes,
        member.scope.user_id,
        MONDAY,
    )


@pytest.fixture
def write():
    """Write a message to a user; return its id."""
    counted = iter(range(100_000))

    async def written(member, **more):
        wanted = {
            "kind": "digest",
            "dedupe_key": f"k{next(counted)}",
            "subject": "",
            "body": "Ben is due",
            "channel": "sms",
            "now": MONDAY,
            **more,
        }
        return await outbox.write(member.scope, **wanted)

    return written


@pytest.fixture
def state_of():
    async def state(message_id):
        return (await message(message_id)).state

    return state
