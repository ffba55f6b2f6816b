"""What a language has to say: a file each beside this one, and its line in `known.py`.

A text takes what it names in braces; tests/lib/languages say what is missing in a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.lib.cadence import CadenceSource

BIRTHDAY = "birthday"
UNNAMED = "other"
"""Labels of important dates that are ours; any other is the user's own word."""

Data = Mapping[str, Any]
Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Language:
    """Words and texts of one language, each `Texts` with the keys of the English ones.

    `reasons` and `blockers` are by code; they take the contact's name and the data of the reason.
    `day`, `day_of_year`: a date in this year, in another one. `moment`, `short_moment`: day and
    clock. `reasons` of a rhythm and a date are put together in `phrases`.
    """

    tag: str
    weekdays: tuple[str, ...]
    short_weekdays: tuple[str, ...]
    months: tuple[str, ...]
    short_months: tuple[str, ...]
    day: str
    day_of_year: str
    moment: str
    short_moment: str
    circles: Texts
    labels: Texts
    phrases: Texts
    reasons: Texts
    blockers: Texts
    draft: Texts
    digest: Texts

    def spoken_day(self, on: date, today: date) -> str:
        """Return a date, with its year only when that is not this year."""
        words = self.day if on.year == today.year else self.day_of_year
        return words.format(day=on.day, month=self.months[on.month - 1], year=on.year)

    def spoken_moment(self, on: date, clock: str) -> str:
        """Return weekday, date and wall time in full."""
        return self.moment.format(
            weekday=self.weekdays[on.weekday()],
            day=on.day,
            month=self.months[on.month - 1],
            clock=clock,
        )

    def brief_moment(self, on: date, clock: str) -> str:
        """Return weekday, date and wall time in as few letters as are clear."""
        return self.short_moment.format(
            weekday=self.short_weekdays[on.weekday()],
            day=on.day,
            month=self.short_months[on.month - 1],
            clock=clock,
        )

    def reason(self, code: str, data: Data, name: str, today: date) -> str:
        """Say one stored reason; `name` is what the user calls the contact."""
        match code:
            case "cadence_reached":
                said = self._rhythm(data, today)
            case "important_date":
                said = self._date(data, name, today)
            case "falling_rhythm":
                said = self.reasons[code].format(
                    recent=self._every(data["recent_days"]), before=self._every(data["before_days"])
                )
            case _:
                said = self.reasons[code].format(name=name, **self._spoken(data, today))
        return _one_stop(said)

    def blocker(self, code: str, data: Data, name: str, today: date) -> str:
        """Say why a contact is not suggested."""
        whose = {True: "own_", False: "household_"}.get(data.get("is_own", ""), "")
        said = self.blockers[whose + code].format(name=name, **self._spoken(data, today))
        return _one_stop(said)

    def _spoken(self, data: Data, today: date) -> dict[str, str]:
        return {key: self._value(key, value, today) for key, value in data.items()}

    def _value(self, key: str, value: Any, today: date) -> str:
        match key:
            case "on" | "until" | "due_on":
                return self.spoken_day(date.fromisoformat(value), today)
            case "times":
                said = self.phrases.get(f"times_{value}", self.phrases["times"])
                return said.format(times=value)
            case "tags":
                return ", ".join(value)
            case "circle":
                return self.circles.get(value, value)
            case _:
                return str(value)

    def _every(self, days: int) -> str:
        return self.phrases["every_1" if days == 1 else "every"].format(days=days)

    def _rhythm(self, data: Data, today: date) -> str:
        days = max(0, (today - date.fromisoformat(data["last_on"])).days)
        ago = self.phrases.get(f"ago_{days}", self.phrases["ago"]).format(days=days)
        source = CadenceSource(data["source"])
        origin = data.get("inherited_from")
        if source is CadenceSource.CIRCLE:
            origin = self.circles.get(origin or "", origin)
        wish = self.phrases[f"wish_{source}"].format(
            rhythm=self._every(data["cadence_days"]), origin=origin
        )
        return self.reasons["cadence_reached"].format(ago=ago, wish=wish)

    def _date(self, data: Data, name: str, today: date) -> str:
        on = self.spoken_day(date.fromisoformat(data["on"]), today)
        years = data["years"]
        since = ""
        if years:
            since = self.phrases["since_1" if years == 1 else "since"].format(years=years)
        label = data["label"]
        words = {BIRTHDAY: "birthday", UNNAMED: "unnamed_date"}.get(label, "named_date")
        return self.phrases[words].format(
            name=name, on=on, since=since, label=self.labels.get(label, label)
        )


def _one_stop(said: str) -> str:
    """Return "… with James Doe Sr." and not "Sr..": the name brought its own full stop."""
    return said[:-1] if said.endswith("..") else said
