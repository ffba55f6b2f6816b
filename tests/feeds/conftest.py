from datetime import timedelta

import icalendar
import pytest

from server.lib.clock import utc_now
from tests.feeds.addresses import path_of
from tests.rows import insert_contact, insert_suggestion


@pytest.fixture
def tomorrow():
    """An instant that may be accepted: the routes read the real clock."""
    return utc_now().replace(microsecond=0) + timedelta(days=1)


@pytest.fixture
def make(client, member):
    async def send(**fields):
        reply = await client.post(
            "/api/feeds", headers=member.headers, json={"name": "Phone", **fields}
        )
        assert reply.status_code == 201
        return await reply.get_json()

    return send


@pytest.fixture
def read(client):
    async def send(feed, **headers):
        return await client.get(path_of(feed), headers=headers)

    return send


@pytest.fixture
def titles(read):
    async def send(feed):
        file = await (await read(feed)).get_data()
        events = icalendar.Calendar.from_ical(file).walk("VEVENT")
        return [str(event["SUMMARY"]) for event in events]

    return send


@pytest.fixture
async def suggested(member, tomorrow):
    contact = await insert_contact(member, name="Nora")
    return await insert_suggestion(member, contact, slot_start=tomorrow)
