"""Alerts over the API: admins see and acknowledge them."""

from server.alerts import rules, service
from server.alerts.rules import AlertKind
from server.audit import service as audit
from server.lib.clock import utc_now

PATH = "/api/admin/alerts"


async def test_an_alert_is_listed_acknowledged_and_still_listed(client, member):
    alert = rules.Alert(AlertKind.MASS_DELETION, audit.SERVER_CHAIN, "ana", utc_now())
    await service.raise_alerts([alert], now=alert.at)
    before = (await (await client.get(PATH, headers=member.headers)).get_json())["items"]
    done = await client.post(
        f"{PATH}/acknowledge", headers=member.headers, json={"up_to": before[0]["at"]}
    )
    after = (await (await client.get(PATH, headers=member.headers)).get_json())["items"]

    assert await done.get_json() == {"acknowledged": 1}
    assert [one["is_acknowledged"] for one in (*before, *after)] == [False, True]
    assert before[0]["says"] == "Many contacts were deleted within an hour."


async def test_a_member_is_refused(client, member, stranger):
    statuses = [
        (await client.get(PATH, headers=stranger.headers)).status_code,
        (
            await client.post(
                f"{PATH}/acknowledge",
                headers=stranger.headers,
                json={"up_to": "2026-03-01T18:30:00Z"},
            )
        ).status_code,
    ]

    assert statuses == [403, 403]
