"""An alert that an admin has seen warns no more, and is not forgotten."""

from datetime import timedelta

from server import db
from server.alerts import rules, service, service_seen
from server.alerts.rules import AlertKind
from server.audit import service as audit
from server.health import checks, queries
from server.lib.paging import ShortListQuery
from tests.times import MONDAY

LATER = MONDAY + timedelta(minutes=5)
EVENING = MONDAY + timedelta(hours=9)


async def raised(subject, *, now):
    alert = rules.Alert(AlertKind.MASS_EXPORT, audit.SERVER_CHAIN, subject, now)
    assert await service.raise_alerts([alert], now=now) == 1


async def acknowledge(up_to, *, now=EVENING):
    return (await service_seen.acknowledge(up_to=up_to, actor_id=None, now=now)).acknowledged


async def status(*, now=EVENING):
    found = checks.state(await queries.find_state(now=now), now=now)
    return next(check.status for check in found if check.name == "security")


async def listed():
    page = await service_seen.list_alerts(ShortListQuery())
    return [(one.at, one.is_acknowledged) for one in page.items]


async def test_the_server_is_well_again_once_it_was_seen(database):
    await raised("ana", now=MONDAY)
    before = await status()

    assert await acknowledge(MONDAY) == 1
    assert (before, await status()) == ("warn", "ok")


async def test_one_that_comes_later_warns(database):
    await raised("ana", now=MONDAY)
    await acknowledge(MONDAY)
    await raised("ben", now=LATER)

    assert await status() == "warn"


async def test_one_that_was_not_seen_yet_goes_on_warning(database):
    await raised("ana", now=MONDAY)
    await raised("ben", now=LATER)

    assert await acknowledge(MONDAY) == 1
    assert await status() == "warn"


async def test_what_is_to_come_cannot_be_acknowledged(database):
    await raised("ana", now=MONDAY)
    await acknowledge(EVENING + timedelta(days=1), now=LATER)
    await raised("ben", now=EVENING)

    assert await status() == "warn"


async def test_it_stays_listed(database):
    await raised("ana", now=MONDAY)
    await raised("ben", now=LATER)
    await acknowledge(MONDAY)

    assert await listed() == [(MONDAY, True), (LATER, False)]


async def test_it_is_counted_and_recorded_once(database):
    await raised("ana", now=MONDAY)

    assert [await acknowledge(MONDAY), await acknowledge(MONDAY)] == [1, 0]
    rows = await db.fetch("SELECT details FROM audit_entries WHERE action = 'alerts.acknowledged'")
    assert [row["details"] for row in rows] == [{"alerts": 1, "up_to": MONDAY.isoformat()}]
