import pytest

from server.errors import PreconditionFailed
from server.preferences import service
from server.preferences.schemas import AvailabilityIn, NotificationsIn
from tests.times import MONDAY


def availability(**values):
    return AvailabilityIn.model_validate(values)


def notifications(**values):
    return NotificationsIn.model_validate(values)


async def test_availability_is_the_default_until_set(member):
    found = await service.get_availability(member.scope)

    assert (found.is_default, found.version, found.horizon_days) == (True, 0, 14)


async def test_availability_comes_back_as_it_was_set(member):
    wanted = availability(
        windows={"wednesday": [{"start": "07:00", "end": "24:00"}]},
        commute={"monday": [{"start": "08:00", "end": "09:00"}]},
        night={"start": "23:00", "end": "06:30"},
        minimum_slot_minutes=45,
        horizon_days=92,
        all_day_blocks=True,
        transparent_blocks=True,
    )

    await service.put_availability(member.scope, wanted, expected=None)

    found = await service.get_availability(member.scope)
    assert found.model_dump(exclude={"is_default", "version"}) == wanted.model_dump()


async def test_what_was_set_is_no_default_even_if_it_says_the_same(member):
    stored = await service.put_availability(member.scope, availability(), expected=None)

    assert (stored.is_default, stored.version) == (False, 1)


async def test_a_night_can_be_taken_away(member):
    await service.put_availability(member.scope, availability(), expected=None)

    stored = await service.put_availability(member.scope, availability(night=None), expected=None)

    assert stored.night is None


async def test_setting_again_replaces_and_counts_the_version_up(member):
    await service.put_availability(member.scope, availability(horizon_days=7), expected=None)

    stored = await service.put_availability(member.scope, availability(), expected=1)

    assert (stored.horizon_days, stored.version) == (14, 2)


async def test_the_first_setting_expects_version_0(member):
    stored = await service.put_availability(member.scope, availability(), expected=0)

    assert stored.version == 1


@pytest.mark.parametrize("expected", [-1, 1, 2])
async def test_a_version_that_never_was_is_refused(member, expected):
    with pytest.raises(PreconditionFailed):
        await service.put_availability(member.scope, availability(), expected=expected)


@pytest.mark.parametrize("expected", [-1, 0, 2])
async def test_another_version_of_the_availability_is_refused(member, expected):
    await service.put_availability(member.scope, availability(), expected=None)

    with pytest.raises(PreconditionFailed):
        await service.put_availability(member.scope, availability(), expected=expected)


async def test_a_refused_availability_changes_nothing(member):
    await service.put_availability(member.scope, availability(horizon_days=7), expected=None)

    with pytest.raises(PreconditionFailed):
        await service.put_availability(member.scope, availability(), expected=9)

    assert (await service.get_availability(member.scope)).horizon_days == 7


async def test_each_user_of_a_household_has_their_own(member, housemate):
    await service.put_availability(member.scope, availability(horizon_days=7), expected=None)

    assert (await service.get_availability(housemate.scope)).is_default


async def test_notifications_are_the_default_until_set(member):
    found = await service.get_notifications(member.scope)

    assert (found.is_default, found.version, found.max_open_suggestions) == (True, 0, 5)


async def test_notifications_come_back_as_they_were_set(member):
    wanted = notifications(
        sms=True,
        email=False,
        digest_weekday="tuesday",
        digest_time="07:30",
        quiet_hours={"start": "21:00", "end": "07:00"},
        max_open_suggestions=0,
    )

    await service.put_notifications(member.scope, wanted, expected=None, now=MONDAY)

    found = await service.get_notifications(member.scope)
    assert (
        found.model_dump(exclude={"is_default", "email_state", "sms_state", "version"})
        == wanted.model_dump()
    )


async def test_another_version_of_the_notifications_is_refused(member):
    await service.put_notifications(member.scope, notifications(), expected=0, now=MONDAY)

    with pytest.raises(PreconditionFailed):
        await service.put_notifications(member.scope, notifications(), expected=0, now=MONDAY)
