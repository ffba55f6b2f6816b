"""What several tests of the engine share: a busy evening, the open suggestions."""

from server.suggestions import service
from server.suggestions.schemas import SuggestionQuery
from tests.times import MONDAY

BUSY_EVENING = b"""BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:choir
DTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260302T180000
DTEND;TZID=Europe/Berlin:20260302T210000\r\nSUMMARY:Choir\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"""


async def open_of(member, *, now=MONDAY):
    query = SuggestionQuery(state="open")
    return (await service.list_suggestions(member.scope, query, now=now)).items
