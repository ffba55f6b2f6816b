"""Stored reasons and blockers in plain English: what was seen, never a grade or a score."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from server.lib.cadence import CadenceSource
from server.suggestions.candidates import BIRTHDAY, UNNAMED
from server.suggestions.reasons import Blocker, BlockerCode, Reason, ReasonCode

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

Data = Mapping[str, Any]
Speaker = Callable[[Data, str, date], str]


def sentences(reasons: Iterable[Reason], name: str, today: date) -> list[str]:
    """Return one sentence for each reason, in order; `name` is what the user calls the contact.

    `today` is the reader's: a suggestion that is a few days old says today's number of days.
    """
    return [sentence(reason, name, today) for reason in reasons]


def sentence(reason: Reason, name: str, today: date) -> str:
    """Say one stored reason in words."""
    return _say(_REASONS[reason.code], reason.data, name, today)


def blocker_sentence(blocker: Blocker, name: str, today: date) -> str:
    """Say why a contact is not suggested."""
    return _say(_BLOCKERS[blocker.code], blocker.data, name, today)


def spoken_day(on: date, today: date) -> str:
    """Return a date as `3 December`, with its year only when that is not this year."""
    words = f"{on.day} {MONTHS[on.month - 1]}"
    return words if on.year == today.year else f"{words} {on.year}"


def _say(words: str | Speaker, data: Data, name: str, today: date) -> str:
    if callable(words):
        said = words(data, name, today)
    else:
        spoken = {key: _spoken(key, value, today) for key, value in data.items()}
        said = words.format(name=name, **spoken)
    # "… with James Doe Sr..": the name brought its own full stop.
    return said[:-1] if said.endswith("..") else said


def _spoken(key: str, value: Any, today: date) -> str:
    match key:
        case "on" | "until" | "due_on":
            return spoken_day(date.fromisoformat(value), today)
        case "times":
            return {1: "once", 2: "twice"}.get(value, f"{value} times")
        case "tags":
            return ", ".join(value)
        case _:
            return str(value)


def _every(days: int) -> str:
    return "every day" if days == 1 else f"every {days} days"


def _cadence_reached(data: Data, _name: str, today: date) -> str:
    days = max(0, (today - date.fromisoformat(data["last_on"])).days)
    ago = {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
    rhythm = _every(data["cadence_days"])
    wish = {
        CadenceSource.CONTACT: f"you wanted to keep in touch {rhythm}",
        CadenceSource.CIRCLE: f"with your {data['inherited_from']} circle the aim is {rhythm}",
        CadenceSource.GROUP: f"with {data['inherited_from']} you wanted to talk {rhythm}",
        CadenceSource.DEFAULT: f"as you chose no rhythm, the aim is {rhythm}",
    }[CadenceSource(data["source"])]
    return f"You last talked {ago}; {wish}."


def _important_date(data: Data, name: str, today: date) -> str:
    on = spoken_day(date.fromisoformat(data["on"]), today)
    years = data["years"]
    since = f": {years} {'year' if years == 1 else 'years'}" if years else ""
    if data["label"] == BIRTHDAY:
        return f"{name}'s birthday is on {on}{since}."
    if data["label"] == UNNAMED:
        return f"A date to remember with {name} is on {on}{since}."
    return f"A date to remember with {name}: {data['label']}, on {on}{since}."


def _falling_rhythm(data: Data, _name: str, _today: date) -> str:
    recent, before = _every(data["recent_days"]), _every(data["before_days"])
    return f"You talk more rarely than you used to: lately about {recent}, before that {before}."


def _open_suggestion(data: Data, name: str, _today: date) -> str:
    whose = "You already have" if data["is_own"] else "Someone in your household already has"
    return f"{whose} an open suggestion for {name}."


def _snoozed(data: Data, name: str, today: date) -> str:
    who = "You" if data["is_own"] else "Someone in your household"
    until = spoken_day(date.fromisoformat(data["until"]), today)
    return f"{who} put the suggestion for {name} off until {until}."


# A text takes the contact's name and the data by key; what a text cannot say is a function.
_REASONS: Mapping[ReasonCode, str | Speaker] = {
    ReasonCode.CADENCE_REACHED: _cadence_reached,
    ReasonCode.NEVER_CONTACTED: "You have never noted a talk with {name}.",
    ReasonCode.IMPORTANT_DATE: _important_date,
    ReasonCode.CIRCLE: "{name} is in your {circle} circle.",
    ReasonCode.CLOSE_FRIENDS: "{name} is one of your {group}.",
    ReasonCode.SHARED_TAGS: "You have in common: {tags}.",
    ReasonCode.FALLING_RHYTHM: _falling_rhythm,
    ReasonCode.ACCEPTED_BEFORE: "You said yes to {name} {times} lately.",
    ReasonCode.REFUSED_BEFORE: "You passed on {name} {times} lately.",
    ReasonCode.SAME_CITY: "{name} is in your city, so you could meet.",
    ReasonCode.TRAVEL_NEEDED: (
        "You like to meet {name} in person; {name} is in another city, so it needs a journey."
    ),
    ReasonCode.PREFERS_REMOTE: "You prefer a call with {name}.",
    ReasonCode.OTHER_CITY: "{name} is in another city, so a call fits.",
    ReasonCode.PLACE_UNKNOWN: "It is not known whether {name} is in your city, so a call fits.",
    ReasonCode.ZONE_ASSUMED: (
        "{name}'s time zone is not known; the time assumes that it is yours."
    ),
}

_BLOCKERS: Mapping[BlockerCode, str | Speaker] = {
    BlockerCode.ARCHIVED: "{name} is archived.",
    BlockerCode.PAUSED: "Suggestions for {name} are paused until {until}.",
    BlockerCode.NEVER_SUGGEST: "You asked never to be reminded of {name}.",
    BlockerCode.OPEN_SUGGESTION: _open_suggestion,
    BlockerCode.SNOOZED: _snoozed,
    BlockerCode.PLANNED: "You already have something planned with {name} on {on}.",
    BlockerCode.DISMISSED_RECENTLY: (
        "You passed on {name} lately; the next suggestion may come on {until}."
    ),
    BlockerCode.CADENCE_NONE: "You want no rhythm with {name}, so no talk comes due.",
    BlockerCode.NOT_DUE: "A talk with {name} is not due before {due_on}.",
    BlockerCode.LIMIT_REACHED: (
        "You want at most {max_open} open suggestions at a time; others came first."
    ),
    BlockerCode.NO_FREE_SLOT: "You have no free time left in the coming days.",
    BlockerCode.NO_CIVIL_SLOT: (
        "None of your free times lies between 08:00 and 22:00 for {name} ({zone})."
    ),
}
