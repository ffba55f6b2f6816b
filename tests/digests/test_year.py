"""Twelve zones through the changes of the clocks, in the database: each week once, at nine."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from server import db
from server.digests import service
from tests.digests.people import messages_of, suggest
from tests.digests.zones import YEAR, ZONES
from tests.factories import make_member

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
CLOCKS_CHANGE = [
    (datetime(2026, 2, 10, tzinfo=UTC), datetime(2026, 4, 14, tzinfo=UTC)),
    (datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)),
]


async def live_through(start, end):
    """Run the job at each instant at which something is due, and again a moment later."""
    await service.keep_schedules(now=start)
    at = start
    while at < end:
        await service.write_due(now=at)
        await service.write_due(now=at + MINUTE)
        at = await db.fetch_value("SELECT min(next_at) FROM digest_schedules")


async def weeks_of(member):
    rows = await db.fetch(
        "SELECT due_at, local_date FROM digests WHERE user_id = $1 ORDER BY due_at",
        member.scope.user_id,
    )
    return [(row["due_at"], row["local_date"]) for row in rows]


async def live_in_all_zones(start, end):
    """Live through a time in each zone; check that each Sunday in it came once, at nine."""
    members = {zone: await make_member(zone=zone) for zone in ZONES}
    for member in members.values():
        await suggest(member, end + 30 * DAY)
    await live_through(start, end)
    for zone, member in members.items():
        found = await weeks_of(member)
        walls = [due_at.astimezone(ZoneInfo(zone)) for due_at, _ in found]
        assert {(wall.weekday(), wall.hour, wall.minute) for wall in walls} == {(6, 9, 0)}, zone
        sundays = {
            (start + days * DAY).date()
            for days in range((end - start).days)
            if (start + days * DAY).weekday() == 6
        }
        assert [wall.date() for wall in walls] == sorted(sundays), zone
        assert len(await messages_of(member)) == len(sundays), zone


@pytest.mark.parametrize(("start", "end"), CLOCKS_CHANGE)
async def test_when_the_clocks_change_each_week_comes_once_at_nine(database, start, end):
    await live_in_all_zones(start, end)


@pytest.mark.drill
async def test_in_a_year_of_twelve_zones_each_week_comes_once_at_nine(database):
    await live_in_all_zones(YEAR, YEAR + 365 * DAY)
