"""The demo household's script: who there is, when they talked, what the calendar holds; pure."""

import random
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from server.lib.texts import search_key

ZONE = ZoneInfo("Europe/Berlin")
PLACE = "Berlin"
HISTORY_DAYS = 365
WEEKS = 26
_WORD = re.compile("[a-z]+")
# Nobody meets to the minute of their rhythm.
UNEVEN = 0.25


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that people.toml says."""

    members: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    events: list[dict[str, Any]]

    def part_of(self, member: dict[str, Any]) -> "Script":
        """Return what is this member's."""

        def own(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
            first = self.members[0]["email"]
            return [each for each in entries if each.get("of", first) == member["email"]]

        return Script([member], own(self.contacts), own(self.events))


def read() -> Script:
    """Read the script that comes with the package."""
    text = files("server.demo").joinpath("people.toml").read_text(encoding="utf-8")
    return Script(**tomllib.loads(text))


def contact_fields(person: dict[str, Any], today: date) -> dict[str, Any]:
    """Return a person as the body that makes a contact."""
    names = ("name", "nickname", "location", "organisation", "circle", "cadence", "notes")
    fields = {name: person[name] for name in names if name in person}
    fields["visibility"] = person.get("visibility", "private")
    if "phone" in person:
        fields["phones"] = [{"value": person["phone"], "label": "mobile"}]
    if mailbox := ".".join(_WORD.findall(search_key(person["name"]))):
        fields["emails"] = [{"value": f"{mailbox}@example.org", "label": "home"}]
    if birthday := person.get("birthday"):
        day = today + timedelta(days=birthday["in"])
        when = {"year": birthday.get("year"), "month": day.month, "day": day.day}
        if (day.month, day.day) == (2, 29):
            when |= {"day": 28}
        fields["dates"] = [{"kind": "birthday", **when}]
    return fields


def talks(person: dict[str, Any], now: datetime) -> list[datetime]:
    """Return when somebody was talked to, newest first: the same script, the same past."""
    if "every" not in person:
        return []
    chance = random.Random(person["name"])  # noqa: S311  # made up on purpose, and the same again
    found, ago = [], float(person["last"])
    while ago < HISTORY_DAYS:
        evening = (now - timedelta(days=ago)).astimezone(ZONE).date()
        found.append(datetime.combine(evening, time(19, chance.choice((0, 15, 30))), ZONE))
        ago += person["every"] * chance.uniform(1 - UNEVEN, 1 + UNEVEN)
    return found


def calendar(events: list[dict[str, Any]], now: datetime) -> bytes:
    """Return the calendar as a file to import."""
    made = Calendar()
    made.add("prodid", "-//CatchUp//demo//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Home")
    today = now.astimezone(ZONE).date()
    for number, entry in enumerate(events):
        made.add_component(_event(number, entry, today, now))
    return bytes(made.to_ical())


def _event(number: int, entry: dict[str, Any], today: date, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"demo-{number}@catchup.example")
    event.add("dtstamp", now)
    event.add("summary", entry["title"])
    day = today + timedelta(days=entry["in"])
    if "days" in entry:
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=entry["days"]))
        return event
    start = datetime.combine(day, time.fromisoformat(entry["time"]), ZONE)
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(hours=entry["hours"]))
    if entry.get("weekly"):
        event.add("rrule", {"freq": "weekly", "count": WEEKS})
    return event
