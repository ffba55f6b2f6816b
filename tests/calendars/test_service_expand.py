from datetime import timedelta
from io import BytesIO

from server import db
from server.calendars import service_events, service_expand, service_import
from server.calendars.schemas import ImportQuery
from server.lib.uploads import Upload
from tests.calendars.texts import calendar, event
from tests.times import MONDAY

RUN = event("DTSTART:20260101T080000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", "SUMMARY:Run")


async def import_run(member):
    upload = Upload(BytesIO(calendar(RUN).encode()), None)
    await service_import.import_file(
        member.scope, upload, ImportQuery.model_validate({}), now=MONDAY
    )


async def test_daily_job_moves_the_window_along(member):
    await import_run(member)
    later = MONDAY + timedelta(days=30)

    moved = await service_expand.expand_calendars(now=later)

    last = await db.fetch_value("SELECT max(starts_at) FROM calendar_occurrences")
    assert moved == 1
    assert last > MONDAY + timedelta(days=140)


async def test_second_run_on_one_day_finds_nothing_to_do(member):
    await import_run(member)

    assert await service_expand.expand_calendars(now=MONDAY) == 0


async def test_titles_are_encrypted_at_rest(member):
    await import_run(member)

    row = await db.fetch_row(
        """SELECT component, details FROM calendar_events e
            JOIN calendar_occurrences o ON o.event_id = e.id LIMIT 1"""
    )
    assert row is not None
    assert b"Run" not in bytes(row["component"])
    assert b"Run" not in bytes(row["details"])


async def test_busy_time_of_several_users_comes_at_once(member, stranger):
    await import_run(member)

    found = await service_events.list_busy(
        [member.scope, stranger.scope], MONDAY, MONDAY + timedelta(days=2)
    )

    assert len(found[member.scope.user_id]) == 2
    assert found[stranger.scope.user_id] == []
