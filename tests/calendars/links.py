"""A calendar's server for the tests of links: what it serves, and who asked."""

from contextlib import asynccontextmanager
from functools import partial

from server.calendars import service_links
from server.calendars.schemas import CalendarLinkIn
from server.outbound import fetch
from tests.outbound.servers import REAL_FETCH, fake_server, reply
from tests.times import MONDAY

PATH = "/secret-4711/basic.ics"


@asynccontextmanager
async def calendar_server(monkeypatch):
    """Serve on 127.0.0.1; links of every name lead there, as `link(path)` makes them."""
    async with fake_server() as fake:
        monkeypatch.setattr(fetch, "fetch", partial(REAL_FETCH, rules=fake.rules()))
        yield fake


def link(fake, path=PATH, host="calendar.example.org"):
    return f"http://{host}:{fake.port}{path}"


def serve(fake, text, *, path=PATH, status=200, **headers):
    body = text if isinstance(text, bytes) else text.encode()
    fake.answers[path] = reply(status, body, **headers)


async def add(member, fake, *, path=PATH, host="calendar.example.org", now=MONDAY, **more):
    data = CalendarLinkIn(provider="ics_link", url=link(fake, path, host), **more)
    return await service_links.add_link(member.scope, data, now=now)
