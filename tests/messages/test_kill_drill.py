"""Whatever is killed, a message leaves once: the providers' ledgers say so, not our rows.

`make drills` runs the full sizes and prints the figures.
"""

import pytest

from tests.messages import drill
from tests.messages.drill import Size
from tests.messages.drill_outcome import Outcome
from tests.messages.drill_stack import everything, worker_only

FULL = Size(
    users=1000, sms_each=5, mails_each=9, seconds=480, kills=40,
    repliers=1000, replies_each=3, newcomers=1000,
)  # fmt: skip
QUICK = Size(
    users=10, sms_each=8, mails_each=0, seconds=0, kills=2,
    repliers=4, replies_each=3, newcomers=4,
)  # fmt: skip
REMINDERS = Size(users=500, sms_each=10, mails_each=10, seconds=0, kills=0)
FEW_REMINDERS = Size(users=10, sms_each=10, mails_each=10, seconds=0, kills=0)
DROPS = Size(users=400, sms_each=10, mails_each=0, seconds=60, kills=0)
FEW_DROPS = Size(users=10, sms_each=4, mails_each=0, seconds=2, kills=0)
MOST_TO_RESUME_S = 15.0
MOST_TO_SETTLE_S = 120.0


def check(outcome: Outcome) -> None:
    """Hold an outcome against what must hold whatever happens."""
    print(f"\n{outcome}")  # `make drills` shows it
    assert outcome.lost == 0
    assert outcome.twice == 0
    assert outcome.waiting == 0
    assert outcome.parked.keys() <= {"email"}  # what became of an SMS can be looked up
    for kind, done in outcome.others.items():
        assert (done.missing, done.doubled) == (0, 0), kind
    assert outcome.longest_doubt_s <= MOST_TO_SETTLE_S


@pytest.mark.drill
async def test_forty_kills_lose_nothing_and_double_nothing(tmp_path, monkeypatch):
    async with everything(tmp_path, monkeypatch) as stack:
        outcome = await drill.run(stack, FULL)

    check(outcome)
    assert outcome.jobs == FULL.jobs == 20_000
    assert outcome.resumed_p99_s <= MOST_TO_RESUME_S


async def test_a_killed_worker_loses_nothing_and_doubles_nothing(tmp_path, database):
    async with worker_only(tmp_path, database, delay_s=0.5) as stack:
        outcome = await drill.run(stack, QUICK, settle_s=MOST_TO_SETTLE_S, is_hurried=True)

    check(outcome)
    assert outcome.jobs == QUICK.jobs


@pytest.mark.drill
async def test_lines_that_drop_after_the_message_was_taken_double_nothing(tmp_path, monkeypatch):
    async with everything(tmp_path, monkeypatch, drop=0.05) as stack:
        outcome = await drill.run(stack, DROPS)

    check(outcome)
    assert not outcome.parked
    assert outcome.attempts == outcome.written == DROPS.messages


async def test_a_few_lines_that_drop_double_nothing(tmp_path, database):
    async with worker_only(tmp_path, database, drop=0.1) as stack:
        outcome = await drill.run(stack, FEW_DROPS, settle_s=MOST_TO_SETTLE_S)

    check(outcome)
    assert not outcome.parked


@pytest.mark.drill
async def test_ten_thousand_reminders_leave_once_while_redis_is_flushed(tmp_path, monkeypatch):
    async with everything(tmp_path, monkeypatch) as stack:
        outcome = await drill.run(stack, REMINDERS, beside=drill.flush_redis(stack))

    check(outcome)
    assert outcome.written == REMINDERS.messages


async def test_reminders_leave_once_while_redis_is_flushed(tmp_path, database):
    async with worker_only(tmp_path, database) as stack:
        outcome = await drill.run(stack, FEW_REMINDERS, beside=drill.flush_redis(stack))

    check(outcome)
    assert outcome.written == FEW_REMINDERS.messages
