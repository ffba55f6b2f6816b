import pytest

from server import db
from server.digests import service
from tests.digests.people import (
    DAY,
    HOUR,
    MINUTE,
    SATURDAY,
    SUNDAY,
    WEEK,
    WRITTEN,
    digests_of,
    messages_of,
    move,
    next_of,
    prefer,
    suggest,
)


async def test_a_zone_to_the_east_brings_it_forward_and_loses_none(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)
    await move(scheduled, zone="Asia/Tokyo")

    await service.write_due(now=SUNDAY - 8 * HOUR)

    assert await digests_of(scheduled) == WRITTEN


async def test_a_zone_to_the_west_does_not_fire_the_same_date_again(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)
    await service.write_due(now=SUNDAY)
    await move(scheduled, zone="America/Los_Angeles")

    for hours in range(24):
        await service.write_due(now=SUNDAY + hours * HOUR)

    assert await digests_of(scheduled) == WRITTEN
    assert await next_of(scheduled) == SUNDAY + WEEK + 8 * HOUR  # summer there since that day


async def test_another_day_holds_from_the_next_one_ahead(scheduled):
    await prefer(scheduled, digest_weekday="monday", digest_time="07:30")
    await service.write_due(now=SATURDAY + MINUTE)

    await service.write_due(now=SUNDAY)

    assert await digests_of(scheduled) == []
    assert await next_of(scheduled) == SUNDAY + 22 * HOUR + 30 * MINUTE


async def test_what_is_due_when_the_preferences_change_is_not_lost(scheduled):
    await prefer(scheduled, digest_weekday="wednesday")

    await service.write_due(now=SUNDAY - DAY)
    assert await next_of(scheduled) == SUNDAY + 3 * DAY
    await prefer(scheduled, digest_weekday="friday")
    await service.write_due(now=SUNDAY + 3 * DAY)

    assert [date for date, _, _ in await digests_of(scheduled)] == ["2026-03-04"]
    assert await next_of(scheduled) == SUNDAY + 5 * DAY


@pytest.mark.parametrize("jump", [DAY, 365 * DAY])
async def test_a_clock_that_jumped_ahead_and_back_doubles_and_loses_nothing(scheduled, jump):
    await suggest(scheduled, SUNDAY + jump + 2 * DAY)
    await service.write_due(now=SUNDAY + jump)

    for day in range(15):
        await service.write_due(now=SUNDAY + day * DAY)

    dates = [date for date, _, _ in await digests_of(scheduled)]
    assert len(dates) == len(set(dates))
    assert {"2026-03-01", "2026-03-08", "2026-03-15"} <= set(dates)
    assert await next_of(scheduled) == SUNDAY + 3 * WEEK


@pytest.mark.parametrize("jump", [DAY, 30 * DAY, 365 * DAY])
async def test_what_a_clock_that_was_ahead_left_out_comes_when_it_is_right(scheduled, jump):
    await suggest(scheduled, SUNDAY + 500 * DAY)
    await service.write_due(now=SUNDAY - HOUR + jump)
    assert (await digests_of(scheduled))[0] == ("2026-03-01", "skipped", "too_late")

    for minutes in (-59, 0, 1, 2):
        await service.write_due(now=SUNDAY + minutes * MINUTE)

    assert (await digests_of(scheduled))[0] == WRITTEN[0]
    assert len(await messages_of(scheduled)) == 1
    assert await next_of(scheduled) == SUNDAY + WEEK


async def test_dates_that_a_wrong_clock_left_out_beforehand_have_their_digests(scheduled):
    await suggest(scheduled, SUNDAY + 500 * DAY)
    await service.write_due(now=SUNDAY + 20 * WEEK)

    for week in range(21):
        await service.write_due(now=SUNDAY + week * WEEK + HOUR)

    assert {state for _, state, _ in await digests_of(scheduled)} == {"written"}
    assert len(await messages_of(scheduled)) == 21


async def test_a_worker_whose_clock_is_a_little_slow_takes_nothing_back(scheduled):
    await service.write_due(now=SUNDAY + 13 * HOUR)
    await suggest(scheduled, SUNDAY + 5 * DAY)

    await service.write_due(now=SUNDAY + 13 * HOUR - MINUTE)

    assert await digests_of(scheduled) == [("2026-03-01", "skipped", "too_late")]


async def test_a_clock_that_went_back_fires_nothing_again(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)
    await service.write_due(now=SUNDAY)

    await service.write_due(now=SUNDAY - DAY)
    await service.write_due(now=SUNDAY)

    assert len(await messages_of(scheduled)) == 1


async def test_even_a_schedule_set_back_by_hand_writes_no_second_one(scheduled):
    await suggest(scheduled, SUNDAY + 2 * DAY)
    await service.write_due(now=SUNDAY)
    await suggest(scheduled, SUNDAY + 3 * DAY, name="New")
    await db.execute("UPDATE digest_schedules SET next_at = $1, next_on = '2026-03-01'", SUNDAY)

    assert await service.write_due(now=SUNDAY + MINUTE) == 0

    assert len(await messages_of(scheduled)) == 1
    assert await next_of(scheduled) == SUNDAY + WEEK
