import pytest

from server import db
from server.messages import opt_outs, service
from server.messages.service import Notice, Words
from server.outbox.service import LIFE, Cause
from tests.messages.boxed import messages
from tests.rows import make
from tests.times import MONDAY

WORDS = Words("Sunday", "Ben is due", "<p>Ben is due</p>", "Ben?")


async def set_up(member, *, phone=True, **preferences):
    if phone:
        await db.execute(
            "UPDATE users SET phone_verified_at = $2 WHERE id = $1", member.scope.user_id, MONDAY
        )
    await make("preferences", member, **preferences)


async def notify(member, key="k"):
    notice = Notice(member.scope, key, WORDS, Cause("digest", member.scope.user_id), LIFE)
    reach = await service.reach_of([member.scope])
    (written,) = await service.notify_all([notice], reach, kind="digest", now=MONDAY)
    return written


async def channels():
    return [found.channel for found in await messages()]


async def test_by_default_a_user_gets_mail(member):
    (message_id,) = await notify(member)

    (found,) = await messages()
    assert found.id == message_id
    assert (found.channel, found.dedupe_key) == ("email", "k:email")
    assert (found.subject, found.body, found.html) == (WORDS.subject, WORDS.text, WORDS.html)


async def test_who_chose_both_gets_both_each_in_its_shape(member):
    await set_up(member, sms=True)

    assert len(await notify(member)) == 2
    sms = next(found for found in await messages() if found.channel == "sms")
    assert (sms.subject, sms.body, sms.html) == (None, WORDS.sms, None)


async def test_an_sms_needs_a_verified_phone(member):
    await set_up(member, phone=False, sms=True)

    await notify(member)

    assert await channels() == ["email"]


async def test_what_is_switched_off_gets_nothing(member):
    await set_up(member, sms=False, email=False)

    assert await notify(member) == []
    assert await channels() == []


@pytest.mark.parametrize(("stopped", "left"), [("sms", ["email"]), ("email", ["sms"])])
async def test_where_a_user_said_stop_nothing_goes_until_they_say_start(member, stopped, left):
    await set_up(member, sms=True)
    await opt_outs.stop(member.scope, stopped, now=MONDAY)

    await notify(member)
    assert await channels() == left

    await opt_outs.start(member.scope, stopped, now=MONDAY)
    await notify(member, "k2")
    assert len(await channels()) == 3


async def test_a_stranger_is_not_stopped_with_them(member, stranger):
    await opt_outs.stop(member.scope, "email", now=MONDAY)

    assert not await opt_outs.is_stopped(stranger.scope, "email")
    assert len(await notify(stranger)) == 1


async def test_who_is_disabled_gets_nothing(member):
    await db.execute("UPDATE users SET disabled_at = now()")

    assert await notify(member) == []


async def test_the_same_said_twice_is_written_once(member):
    await set_up(member, sms=True)

    assert len(await notify(member)) == 2
    assert await notify(member) == []


async def test_stop_and_start_say_whether_they_changed_anything(member):
    said = [
        await opt_outs.start(member.scope, "sms", now=MONDAY),
        await opt_outs.stop(member.scope, "sms", now=MONDAY),
        await opt_outs.stop(member.scope, "sms", now=MONDAY),
        await opt_outs.is_stopped(member.scope, "sms"),
        await opt_outs.start(member.scope, "sms", now=MONDAY),
        await opt_outs.is_stopped(member.scope, "sms"),
        await opt_outs.stop(member.scope, "sms", now=MONDAY),
    ]

    assert said == [False, True, False, True, True, False, True]
