"""A Card while its properties arrive: what they say together is settled at the end."""

from dataclasses import dataclass, field, replace

from server.contacts.vcard.address import location_of
from server.contacts.vcard.card import (
    UNNAMED,
    BadCard,
    Card,
    CardWarning,
    DateKind,
    ImportantDate,
    KeptProperty,
    Point,
)
from server.contacts.vcard.dates import Day, read_day
from server.contacts.vcard.fields import CARRIED, Field, plain_is_enough
from server.contacts.vcard.labels import read_label
from server.contacts.vcard.limits import MAX_ENTRIES, MAX_NAME_CHARS, MAX_NOTES_CHARS
from server.contacts.vcard.params import Header, without
from server.contacts.vcard.points import FoundPoint, FoundPoints
from server.contacts.vcard.upgrade import BadBase64, keep, keep_unread
from server.contacts.vcard.values import escape, many_lines, one_line, split_raw, split_text

UNREAD_PROPERTY = "X-CATCHUP-UNREAD"
"""Gives back a line that is no property."""

_REASONS = {
    "no_name": "The card has no name; it is called {}.",
    "too_long": "{} is too long for a contact; kept as it is.",
    "too_many": "{} stands there too often for a contact; kept as it is.",
    "unreadable_date": "{} names no day of the year; kept as it is.",
    "unreadable_email": "{} is no e-mail address; kept as it is.",
    "bad_base64": "{} is not valid base64; taken as it is.",
    "line_joined": "A line that is no property was added to the {}.",
    "unreadable_line": "A line that is no property was kept as {}.",
}
_NO_CONTENT = {"N", "REV", "PRODID", UNREAD_PROPERTY}
_APPLE_DAY_PARAMS = ("TYPE", "PREF", "VALUE", "CALSCALE", "X-APPLE-OMIT-YEAR")
_DATE_ORDER = tuple(DateKind)
_DATE_WORDS = {"birthday": DateKind.BIRTHDAY, "anniversary": DateKind.ANNIVERSARY}
_SPOKEN_ORDER = (3, 1, 2, 0, 4)
"""Components of N as a name is said: prefix, given, additional, family, suffix."""


@dataclass(slots=True)
class CardBuilder:
    """Collects the properties of one card; `old` says that it is of version 2.1."""

    old: bool = False
    last_name: str = ""
    structured_name: str = ""
    location: str | None = None
    shown_as_company: bool = False
    warnings: list[CardWarning] = field(default_factory=list)
    points: FoundPoints = field(default_factory=FoundPoints)
    _fields: dict[str, str] = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)
    _notes_chars: int = 0
    _categories: dict[str, None] = field(default_factory=dict)
    _carriers: dict[str, KeptProperty] = field(default_factory=dict)
    _kept: list[KeptProperty | None] = field(default_factory=list)
    _days: dict[ImportantDate, None] = field(default_factory=dict)
    _first_days: dict[DateKind, ImportantDate] = field(default_factory=dict)
    _apple_days: list[tuple[int, int, Header, str]] = field(default_factory=list)
    _labels: dict[str, tuple[int, str]] = field(default_factory=dict)

    def warn(self, line: int, code: str, reason: str) -> None:
        """Note that something on `line` could not be used as meant."""
        self.warnings.append(CardWarning(line, code, reason))

    def warn_of(self, line: int, code: str, name: str) -> None:
        """Note what happened to the property `name`; `code` is one of `_REASONS`."""
        self.warn(line, code, _REASONS[code].format(name))

    def keep(self, line: int, header: Header, raw: str, *, problem: str = "") -> None:
        """Keep a property that no field of the card takes, with a warning if it should have."""
        if problem:
            self.warn_of(line, problem, header.name)
        try:
            self._kept.append(keep(header, raw, old=self.old))
        except BadBase64:
            self.warn_of(line, "bad_base64", header.name)
            self._kept.append(keep_unread(header, raw))

    def set_field(self, target: Field, line: int, header: Header, text: str, raw: str) -> None:
        """Take `text` for a field; keep the property if it came before or is too long."""
        if not text:
            return
        if target.name in self._fields:
            self.keep(line, header, raw)
        elif target.name != "name" and len(text) > MAX_NAME_CHARS:
            self.keep(line, header, raw, problem="too_long")
        else:
            self._fields[target.name] = text
            plain = header.bare and header.name == target.written_as
            if not (plain and plain_is_enough(target, raw)):
                if target.parts:
                    raw = target.parts.join(map(escape, split_text(raw, target.parts)))
                self._carry(target.name, header, raw)

    def add_note(self, line: int, header: Header, text: str, raw: str) -> None:
        """Take a note; further ones follow it after a blank line."""
        if not text:
            return
        if self._notes and ("notes" in self._carriers or not header.bare):
            self.keep(line, header, raw)
        elif not self._fits(text):
            self.keep(line, header, raw, problem="too_long")
        else:
            self._notes.extend(["", text] if self._notes else [text])
            if not header.bare:
                self._carry("notes", header, raw)

    def add_categories(self, header: Header, names: tuple[str, ...], raw: str) -> None:
        """Take categories; several properties give one list."""
        if self._categories:
            self._carriers.pop("categories", None)
        elif names and not header.bare:
            self._carry("categories", header, raw)
        self._categories.update(dict.fromkeys(names))

    def add_unread(self, line: int, text: str) -> None:
        """Keep a line that is no property: the rest of a note that was never folded, or junk."""
        in_note = self.last_name == "NOTE" and self._notes and "notes" not in self._carriers
        if in_note and self._fits(text):
            self.warn_of(line, "line_joined", "NOTE")
            self._notes.append(many_lines(text))
        else:
            self.warn_of(line, "unreadable_line", UNREAD_PROPERTY)
            self._kept.append(KeptProperty("", UNREAD_PROPERTY, (), escape(text)))

    def add_point(self, line: int, header: Header, raw: str, point: FoundPoint) -> None:
        """Take a point; one without a value says nothing."""
        if point.value and (problem := self.points.add(point)):
            self.keep(line, header, raw, problem=problem)

    def add_label(self, line: int, header: Header, raw: str) -> None:
        """Take the X-ABLabel of a group; it is kept unless a point or a date uses it.

        A group has one label: a second one is no property that anybody could use.
        """
        text = one_line(raw)
        label = read_label(text)
        if label and header.group:
            if header.group.lower() in self._labels:
                self.add_unread(line, f"{header.group}.{header.name}:{raw}")
                return
            self._labels[header.group.lower()] = (len(self._kept), label)
        if text:
            self.keep(line, header, raw)

    def add_day(self, kind: DateKind, day: Day, given: KeptProperty, *, plain: bool) -> None:
        """Take a birthday or an anniversary, and `given` if the day alone cannot say it all.

        Some programs write an anniversary twice, by its own name and by theirs.
        """
        date = ImportantDate(kind, "", *day)
        if not plain and kind not in self._first_days:
            self._carriers[kind] = replace(given, stands_for=kind.value)
        elif date == self._first_days.get(kind):
            self._kept.append(given)
        self._first_days.setdefault(kind, date)
        self._days[date] = None

    def add_apple_day(self, line: int, header: Header, raw: str) -> None:
        """Take an X-ABDATE, whose label says what it is."""
        if raw.strip():
            self._apple_days.append((line, len(self._kept), header, raw))
            self.keep(line, header, raw)

    def has_room_for_days(self) -> bool:
        """Say whether a contact can have one more date."""
        return len(self._days) + len(self._apple_days) < MAX_ENTRIES

    def build(self, position: int, line: int, digest: bytes) -> Card | BadCard:
        """Return the card that begins on `line` of the file, or why there is none.

        `digest` is the SHA-256 of its lines.
        """
        self._settle_apple_days()
        points = self.points.settle(self._use_label)
        name = self._name()
        if not name:
            if not self._says_something(points):
                reason = "The card has no name, nor anything else to know anybody by."
                return BadCard(position, line, None, "no_name", reason)
            name = UNNAMED
            self.warn_of(line, "no_name", UNNAMED)
        if len(name) > MAX_NAME_CHARS:
            reason = f"The name has {len(name)} characters; at most {MAX_NAME_CHARS} are possible."
            return BadCard(position, line, name[:MAX_NAME_CHARS], "name_too_long", reason)
        carriers = [self._carriers[key] for key in CARRIED if key in self._carriers]
        others = [kept for kept in self._kept if kept is not None]
        fields = self._fields
        return Card(
            name=name,
            uid=fields.get("uid", ""),
            kind=fields.get("kind") or ("org" if self.shown_as_company else "individual"),
            nickname=fields.get("nickname", ""),
            organisation=fields.get("organisation", ""),
            title=fields.get("title", ""),
            notes="\n".join(self._notes),
            location=location_of(points) if self.location is None else self.location,
            zone=fields.get("zone", ""),
            points=points,
            dates=tuple(sorted(self._days, key=lambda day: _DATE_ORDER.index(day.kind))),
            categories=tuple(self._categories),
            kept=(*carriers, *others),
            position=position,
            line=line,
            warnings=tuple(self.warnings),
            digest=digest,
        )

    def known_name(self) -> str | None:
        """Return a name for the report about a card that gives no contact, if there is one."""
        return self._name()[:MAX_NAME_CHARS] or None

    def _name(self) -> str:
        parts = split_raw(self.structured_name, ";")
        said = (split_text(parts[at], ",") for at in _SPOKEN_ORDER if at < len(parts))
        reachable = (found.value for found in self.points.found if found.kind in ("email", "phone"))
        return (
            self._fields.get("name")
            or " ".join(word for words in said for word in words if word)
            or self._fields.get("organisation")
            or self._fields.get("nickname")
            or next(reachable, "")
        )

    def _says_something(self, points: tuple[Point, ...]) -> bool:
        """Say whether there is more than what programs write on a card by themselves."""
        written = {kept.name for kept in self._kept if kept is not None} - _NO_CONTENT
        about = self._fields.keys() - {"uid", "kind"}
        return bool(points or written or about or self._days or self._notes or self._categories)

    def _carry(self, name: str, header: Header, raw: str) -> None:
        self._carriers[name] = KeptProperty(
            header.group, header.spelled, header.params, raw, stands_for=name
        )

    def _fits(self, text: str) -> bool:
        """Make room for `text` in the notes, with the line breaks around it."""
        self._notes_chars += len(text) + 2
        return self._notes_chars <= MAX_NOTES_CHARS

    def _use_label(self, group: str) -> str:
        at, label = self._labels.get(group.lower(), (0, ""))
        if label:
            self._kept[at] = None
        return label

    def _settle_apple_days(self) -> None:
        for line, at, header, raw in self._apple_days:
            day = read_day(raw, header.params)
            if day is None:
                self.warn_of(line, "unreadable_date", header.name)
            elif not without(header.params, *_APPLE_DAY_PARAMS):
                self._kept[at] = None
                label = self._use_label(header.group) if header.group else ""
                kind = _DATE_WORDS.get(label.lower(), DateKind.OTHER)
                label = label if kind is DateKind.OTHER else ""
                self._days[ImportantDate(kind, label, *day)] = None
