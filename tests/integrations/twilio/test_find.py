from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.integrations.channel import Absent, CannotTell, Found
from tests.fakes.http import Reply
from tests.fakes.twilio import Sent
from tests.integrations.outgoing import SMS

BEGAN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AGO_S = 3600.0


def listed(number: int, *, after_s: float = 1.0, **changed) -> Sent:
    plain = Sent(f"SM{number:032x}", SMS.address, SMS.text, BEGAN.timestamp() + after_s)
    return replace(plain, **changed)


def found(number: int, state="accepted", **more) -> Found:
    return Found(f"SM{number:032x}", state, segments=1, **more)


async def test_a_message_whose_answer_was_lost_is_found(twilio, channel):
    twilio.script.next("accept_then_drop")
    await channel.send(SMS)

    (entry,) = twilio.accepted
    since = datetime.fromtimestamp(entry.at, UTC)
    assert await channel.find(SMS, since=since) == Found(entry.id, "accepted", segments=1)


@pytest.mark.parametrize(
    "other",
    [
        {"body": "another text"},
        {"to": "+14155550199"},
        {"after_s": -AGO_S},
    ],
)
async def test_other_messages_are_not_taken_for_it(twilio, channel, other):
    twilio.sent = [listed(1, **other)]

    assert await channel.find(SMS, since=BEGAN) == Absent()


async def test_an_inbound_message_with_the_same_text_is_not_ours(twilio, channel):
    twilio.sent = [listed(1)]
    twilio.sent[0].direction = "inbound"

    assert await channel.find(SMS, since=BEGAN) == Absent()


async def test_an_equal_text_that_is_another_messages_is_passed_over(twilio, channel):
    twilio.sent = [listed(1, after_s=-60.0), listed(2)]

    assert await channel.find(SMS, since=BEGAN, taken={"SM" + f"{1:032x}"}) == found(2)
    assert await channel.find(SMS, since=BEGAN, taken={m.sid for m in twilio.sent}) == Absent()


async def test_of_two_equal_texts_the_one_next_to_the_attempt_is_it(twilio, channel):
    twilio.sent = [listed(1, after_s=-60.0), listed(2, after_s=2.0)]

    assert await channel.find(SMS, since=BEGAN) == found(2)


async def test_clocks_may_differ_by_some_minutes(twilio, channel):
    twilio.sent = [listed(1, after_s=-240.0)]

    assert await channel.find(SMS, since=BEGAN) == found(1)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("queued", "accepted"),
        ("sent", "accepted"),
        ("delivered", "delivered"),
        ("undelivered", "failed"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("a state of tomorrow", "accepted"),
    ],
)
async def test_what_became_of_it_is_told(twilio, channel, status, state):
    twilio.sent = [listed(1, status=status)]

    assert await channel.find(SMS, since=BEGAN) == found(1, state)


async def test_the_price_and_the_reason_of_a_failure_are_told(twilio, channel):
    twilio.sent = [listed(1, status="undelivered", price="-0.00790", error_code=30005)]

    expected = found(1, "failed", code="twilio_30005", cost_micros=7900)
    assert await channel.find(SMS, since=BEGAN) == expected


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Did you meet “Mara” – yes…?", 'Did you meet "Mara" - yes...?'),
        ("1 Mara", "Sent from your Twilio trial account - 1 Mara"),
        ("Mara\n", "Mara"),
    ],
)
async def test_texts_are_compared_as_twilio_changes_them(twilio, channel, ours, theirs):
    twilio.sent = [listed(1, body=theirs)]

    assert isinstance(await channel.find(replace(SMS, text=ours), since=BEGAN), Found)


async def test_a_text_without_letters_has_to_be_the_same(twilio, channel):
    twilio.sent = [listed(1, body="anything")]

    assert await channel.find(replace(SMS, text="👍"), since=BEGAN) == Absent()


async def test_a_long_list_is_read_to_the_attempt(twilio, channel):
    later = [listed(n, after_s=10.0 + n, body=f"later {n}") for n in range(2, 252)]
    twilio.sent = [listed(1), *later]

    assert await channel.find(SMS, since=BEGAN) == found(1)


async def test_a_list_that_lags_does_not_have_it_yet(twilio, channel):
    began = datetime.now(UTC)
    twilio.list_lag_s = 60.0
    twilio.script.next("accept_then_drop")
    await channel.send(SMS)

    assert await channel.find(SMS, since=began) == Absent()
    twilio.clock = lambda: began.timestamp() + 61
    assert isinstance(await channel.find(SMS, since=began - timedelta(seconds=1)), Found)


async def test_a_list_that_is_not_given_tells_nothing(twilio, channel):
    twilio.is_listing = False

    assert await channel.find(SMS, since=BEGAN) == CannotTell("unreachable")


async def test_a_wrong_token_tells_nothing(twilio, channel):
    twilio.token = "another"

    assert await channel.find(SMS, since=BEGAN) == CannotTell("twilio_20003")


async def test_a_list_that_is_asked_for_too_often_says_when_to_come_back(twilio, channel):
    async def throttle(request):
        return Reply(429, b'{"code": 20429, "message": ""}', {"Retry-After": "40"})

    twilio.answer = throttle

    assert await channel.find(SMS, since=BEGAN) == CannotTell("twilio_20429", 40.0)
