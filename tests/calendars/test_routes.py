from datetime import UTC, datetime, timedelta

import pytest

from tests.calendars.texts import calendar, event

TEXT = {"Content-Type": "text/calendar"}
MARCH = {"from": "2026-03-01", "to": "2026-04-01"}


async def upload(client, member, text, **query):
    reply = await client.post(
        "/api/calendars/import",
        data=text if isinstance(text, bytes) else text.encode(),
        headers=member.headers | TEXT,
        query_string=query,
    )
    return reply.status_code, await reply.get_json()


async def events(client, member, **query):
    reply = await client.get(
        "/api/calendars/events", headers=member.headers, query_string=MARCH | query
    )
    body = await reply.get_json()
    assert reply.status_code == 200, body
    return body


DINNER = event("DTSTART:20260310T180000Z", "DTEND:20260310T190000Z", "SUMMARY:Dinner", uid="dinner")
WALKS = event("DTSTART:20260302T070000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5", uid="walks")


async def test_import_answers_what_came_of_each_series(client, member):
    status, body = await upload(client, member, calendar(DINNER, event("SUMMARY:No start")))

    assert status == 200, body
    assert (body["created"], body["failed"]) == (1, 1)
    failed = body["items"][0]
    assert (failed["outcome"], failed["code"], failed["position"]) == ("failed", "no_start", 2)


async def test_imported_events_are_listed_with_their_titles(client, member):
    await upload(client, member, calendar(DINNER))

    (item,) = (await events(client, member))["items"]

    assert (item["title"], item["start"]) == ("Dinner", "2026-03-10T18:00:00Z")


async def test_second_import_of_the_same_file_changes_nothing(client, member):
    await upload(client, member, calendar(DINNER, WALKS))

    _, body = await upload(client, member, calendar(DINNER, WALKS))

    assert (body["created"], body["updated"], body["unchanged"]) == (0, 0, 2)
    assert len((await events(client, member))["items"]) == 6


async def test_series_that_the_next_file_lacks_is_removed_and_said(client, member):
    await upload(client, member, calendar(DINNER, WALKS))

    _, body = await upload(client, member, calendar(WALKS))

    assert body["removed"] == 1
    assert {"uid": "dinner", "outcome": "removed"}.items() <= body["items"][0].items()
    assert len((await events(client, member))["items"]) == 5


async def test_dry_run_changes_nothing(client, member):
    _, body = await upload(client, member, calendar(DINNER), dry_run="true")

    assert (body["created"], body["calendar"]) == (1, None)
    assert (await events(client, member))["items"] == []


async def test_what_is_no_calendar_is_refused_with_a_reason(client, member):
    status, body = await upload(client, member, "hello")

    assert (status, body["code"]) == (400, "not_a_calendar")


async def test_file_over_the_limit_is_refused(client, member):
    status, body = await upload(client, member, b" " * 20_971_521)

    assert (status, body["code"]) == (413, "too_large")


async def test_calendar_of_a_megabyte_and_more_is_taken(client, member):
    long = event("DTSTART:20260310T180000Z", "DESCRIPTION:" + "x" * 60_000)

    status, body = await upload(client, member, calendar(*[long] * 25))

    assert status == 200, body


async def test_form_upload_names_the_calendar_after_the_file(client, member):
    from io import BytesIO

    from quart.datastructures import FileStorage

    reply = await client.post(
        "/api/calendars/import",
        files={"file": FileStorage(BytesIO(calendar(DINNER).encode()), filename="Work.ics")},
        headers=member.headers,
    )

    assert (await reply.get_json())["calendar"]["name"] == "Work"


async def test_events_come_in_pages_without_loss(client, member):
    await upload(client, member, calendar(DINNER, WALKS))

    starts, cursor = [], None
    while True:
        page = await events(client, member, limit=2, **({"cursor": cursor} if cursor else {}))
        starts += [item["start"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert len(starts) == len(set(starts)) == 6
    assert starts == sorted(starts)


async def test_events_beyond_the_standing_window_look_the_same(client, member):
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    forever = event(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "RRULE:FREQ=DAILY", "SUMMARY:Run")
    await upload(client, member, calendar(forever))

    near, far = [
        (
            await events(
                client,
                member,
                **{"from": f"{at:%Y-%m-%d}", "to": f"{at + timedelta(days=1):%Y-%m-%d}"},
            )
        )["items"][0]
        for at in (start + timedelta(days=2), start + timedelta(days=700))
    ]

    assert {name: near[name] for name in near if name not in ("start", "end")} == {
        name: far[name] for name in far if name not in ("start", "end")
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-03-01"}, "to"),
        ({"to": "2027-03-01"}, "to"),
        ({"from": "2026-03-01T10:00:00"}, "from"),
        ({"to": "9999-12-31"}, "to"),
        ({"cursor": "x"}, "cursor"),
        ({"from": "2026-03-01\0"}, "from"),
        ({"limit": "0"}, "limit"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_malformed_query_is_refused_by_name(client, member, query, field):
    reply = await client.get(
        "/api/calendars/events", headers=member.headers, query_string=MARCH | query
    )

    body = await reply.get_json()
    assert reply.status_code == 400
    assert body["errors"][0]["field"] == field


async def test_only_selected_calendars_count(client, member):
    await upload(client, member, calendar(DINNER), name="Work")
    _, other = await upload(client, member, calendar(WALKS), name="Sport")

    reply = await client.put(
        "/api/calendars/selection",
        json={"calendar_ids": [other["calendar"]["id"]]},
        headers=member.headers,
    )

    assert reply.status_code == 200
    assert len((await events(client, member))["items"]) == 5


async def test_deleted_calendar_takes_its_events_along(client, member):
    _, body = await upload(client, member, calendar(DINNER))

    reply = await client.delete(f"/api/calendars/{body['calendar']['id']}", headers=member.headers)

    assert reply.status_code == 204
    assert (await events(client, member))["items"] == []


async def test_deleted_connection_takes_its_calendars_along(client, member):
    await upload(client, member, calendar(DINNER))
    listed = await client.get("/api/calendars/connections", headers=member.headers)
    (connection,) = (await listed.get_json())["items"]

    reply = await client.delete(
        f"/api/calendars/connections/{connection['id']}", headers=member.headers
    )

    left = await client.get("/api/calendars", headers=member.headers)
    assert reply.status_code == 204
    assert (await left.get_json())["items"] == []


async def test_another_users_calendar_does_not_exist(client, member, stranger):
    _, body = await upload(client, member, calendar(DINNER))
    calendar_id = body["calendar"]["id"]

    deleted = await client.delete(f"/api/calendars/{calendar_id}", headers=stranger.headers)
    selected = await client.put(
        "/api/calendars/selection", json={"calendar_ids": [calendar_id]}, headers=stranger.headers
    )
    status, _ = await upload(client, stranger, calendar(DINNER), calendar_id=calendar_id)

    assert (deleted.status_code, selected.status_code, status) == (404, 404, 404)
    assert len((await events(client, member))["items"]) == 1
    assert (await events(client, stranger))["items"] == []


async def test_free_slots_leave_out_events_and_the_past(client, member):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0)
    busy = event(
        f"DTSTART:{tomorrow:%Y%m%d}T000000Z", f"DTEND:{tomorrow + timedelta(days=1):%Y%m%d}T000000Z"
    )
    await upload(client, member, calendar(busy))

    reply = await client.get(
        "/api/calendars/free-slots",
        headers=member.headers,
        query_string={
            "from": f"{tomorrow - timedelta(days=5):%Y-%m-%d}",
            "to": f"{tomorrow + timedelta(days=3):%Y-%m-%d}",
            "minutes": 60,
        },
    )

    body = await reply.get_json()
    assert reply.status_code == 200, body
    assert body["zone"] == "Europe/Berlin"
    assert body["items"]
    now = datetime.now(UTC)
    for item in body["items"]:
        start, end = (datetime.fromisoformat(item[name]) for name in ("start", "end"))
        assert end - start == timedelta(hours=1)
        assert start >= now - timedelta(minutes=5)
        assert not (start < tomorrow + timedelta(days=1) and end > tomorrow)
