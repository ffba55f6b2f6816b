"""A Card while its properties arrive: what they say together is settled at the end.

Labels stand in properties of their own (X-ABLabel, by group; LABEL of 2.1 and 3.0, by type), and
may come before or after what they label.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace

from server.contacts.card import (
    Address,
    BadCard,
    Card,
    CardWarning,
    DateKind,
    ImportantDate,
    KeptProperty,
    Point,
    PointKind,
)
from server.contacts.vcard_address import location_of
from server.contacts.vcard_dates import Day, read_day
from server.contacts.vcard_fields import CARRIED, MAX_NAME_CHARS, Field, plain_is_enough
from server.contacts.vcard_labels import read_label, service_of
from server.contacts.vcard_params import Header, for_point, values_of, without
from server.contacts.vcard_upgrade import BadBase64, keep, keep_unread
from server.contacts.vcard_values import escape, split_raw, split_text

MAX_POINT_CHARS = 2000
"""Longest phone, e-mail, address, link or handle: the longest URL that browsers agree on."""

UNREAD_PROPERTY = "X-CATCHUP-UNREAD"
"""Gives back a line that is no property."""

_APPLE_DAY_PARAMS = ("TYPE", "PREF", "VALUE", "CALSCALE", "X-APPLE-OMIT-YEAR")
_DATE_ORDER = tuple(DateKind)
_DATE_WORDS = {"birthday": DateKind.BIRTHDAY, "anniversary": DateKind.ANNIVERSARY}
_GIVEN_ORDER = (3, 1, 2, 0, 4)
"""Components of N as a name is said: prefix, given, additional, family, suffix."""


@dataclass(slots=True)
class _Found:
    """A point as read, before its label is known."""

    header: Header
    kind: PointKind
    value: str
    components: Address | None
    written_as: str


@dataclass(slots=True)
class CardBuilder:
    """Collects the properties of one card; `old` says that it is of version 2.1."""

    old: bool = False
    last_name: str = ""
    structured_name: str = ""
    location: str = ""
    warnings: list[CardWarning] = field(default_factory=list)
    _fields: dict[str, str] = field(default_factory=dict)
    _notes: list[str] = field(default_factory=list)
    _categories: dict[str, None] = field(default_factory=dict)
    _carriers: dict[str, KeptProperty] = field(default_factory=dict)
    _kept: list[KeptProperty | None] = field(default_factory=list)
    _found: list[_Found] = field(default_factory=list)
    _envelopes: list[tuple[Header, str]] = field(default_factory=list)
    _days: dict[ImportantDate, None] = field(default_factory=dict)
    _first_days: dict[DateKind, ImportantDate] = field(default_factory=dict)
    _apple_days: list[tuple[int, int, Header, str]] = field(default_factory=list)
    _labels: dict[str, tuple[int, str]] = field(default_factory=dict)

    def warn(self, line: int, code: str, reason: str) -> None:
        """Note that something on `line` could not be used as meant."""
        self.warnings.append(CardWarning(line, code, reason))

    def keep(self, line: int, header: Header, raw: str) -> None:
        """Keep a property that no field of the card takes."""
        try:
            self._kept.append(keep(header, raw, old=self.old))
        except BadBase64:
            self.warn_of_base64(line, header.name)
            self._kept.append(keep_unread(header, raw))

    def set_field(self, target: Field, line: int, header: Header, text: str, raw: str) -> None:
        """Take `text` for a field; keep the property if it came before or is too long."""
        if not text:
            return
        if target.name in self._fields:
            self.keep(line, header, raw)
        elif target.max_chars and len(text) > target.max_chars:
            self._keep_too_long(line, header, raw, target.max_chars)
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
            return
        if self._notes:
            self._notes.append("")
        self._notes.append(text)
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
        if self.last_name == "NOTE" and self._notes and "notes" not in self._carriers:
            self.warn(line, "line_joined", "A line that is no property was added to the note.")
            self._notes.append(text)
        else:
            self.warn(line, "unreadable_line", "A line that is no property was kept as it is.")
            self._kept.append(KeptProperty("", UNREAD_PROPERTY, (), escape(text)))

    def add_point(
        self,
        line: int,
        header: Header,
        kind: PointKind,
        text: str,
        raw: str,
        *,
        components: Address | None = None,
        written_as: str = "",
    ) -> None:
        """Take a phone, e-mail, address, link or handle; an empty one says nothing."""
        if len(text) > MAX_POINT_CHARS:
            self._keep_too_long(line, header, raw, MAX_POINT_CHARS)
        elif text:
            self._found.append(_Found(header, kind, text, components, written_as))

    def add_envelope(self, line: int, header: Header, text: str, raw: str) -> None:
        """Take the LABEL of an address, which may come before or after it."""
        if len(text) > MAX_POINT_CHARS:
            self._keep_too_long(line, header, raw, MAX_POINT_CHARS)
        elif text:
            self._envelopes.append((header, text))

    def add_label(self, line: int, header: Header, text: str, raw: str) -> None:
        """Take the X-ABLabel of a group; it is kept unless a point or a date uses it.

        A group has one label: a second one is no property that anybody could use.
        """
        label = read_label(text)
        if label and header.group:
            if header.group.lower() in self._labels:
                self.add_unread(line, f"{header.group}.{header.name}:{raw}")
                return
            self._labels[header.group.lower()] = (len(self._kept), label)
        if text.strip():
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

    def warn_of_base64(self, line: int, name: str) -> None:
        """Note that a value was taken as it is, because it is not what its parameter says."""
        self.warn(line, "bad_base64", f"{name} is not valid base64; taken as it is.")

    def warn_of_date(self, line: int, name: str) -> None:
        """Note that a date was kept without becoming one."""
        self.warn(line, "unreadable_date", f"{name} names no day of the year; kept as it is.")

    def build(self, position: int, line: int) -> Card | BadCard:
        """Return the card that begins on `line` of the file, or why there is none."""
        self._attach_envelopes()
        self._settle_apple_days()
        points = tuple([self._point(found) for found in self._found])
        name = self._fields.get("name") or self._fallback_name(points)
        if not name:
            reason = "The card has no name, nor an organisation, e-mail or phone to call it by."
            return BadCard(position, line, None, "no_name", reason)
        if len(name) > MAX_NAME_CHARS:
            reason = f"The name has {len(name)} characters; at most {MAX_NAME_CHARS} are possible."
            return BadCard(position, line, name[:MAX_NAME_CHARS], "name_too_long", reason)
        carriers = [self._carriers[key] for key in CARRIED if key in self._carriers]
        others = [kept for kept in self._kept if kept is not None]
        fields = self._fields
        return Card(
            name=name,
            uid=fields.get("uid", ""),
            kind=fields.get("kind", "individual"),
            nickname=fields.get("nickname", ""),
            organisation=fields.get("organisation", ""),
            title=fields.get("title", ""),
            notes="\n".join(self._notes),
            location=self.location or location_of(points),
            zone=fields.get("zone", ""),
            points=points,
            dates=tuple(sorted(self._days, key=lambda day: _DATE_ORDER.index(day.kind))),
            categories=tuple(self._categories),
            kept=(*carriers, *others),
            position=position,
            line=line,
            warnings=tuple(self.warnings),
        )

    def known_name(self) -> str | None:
        """Return a name for the report about a card that gives no contact, if there is one."""
        name = self._fields.get("name") or self._fallback_name(())
        return name[:MAX_NAME_CHARS] or None

    def _carry(self, name: str, header: Header, raw: str) -> None:
        self._carriers[name] = KeptProperty(
            header.group, header.spelled, header.params, raw, stands_for=name
        )

    def _keep_too_long(self, line: int, header: Header, raw: str, limit: int) -> None:
        self.warn(line, "too_long", f"{header.name} is over {limit} characters; kept as it is.")
        self.keep(line, header, raw)

    def _point(self, found: _Found) -> Point:
        header = found.header
        label, params = header.label, header.others
        if header.group and (own := self._use_label(header.group)):
            label, params = own, for_point(header.params)
        elif not label and found.kind is PointKind.SOCIAL:
            label = service_of(found.written_as, found.value, params)
        return Point(
            found.kind,
            found.value,
            label,
            header.preferred,
            found.components,
            header.group,
            params,
            found.written_as,
        )

    def _use_label(self, group: str) -> str:
        at, label = self._labels.get(group.lower(), (0, ""))
        if label:
            self._kept[at] = None
        return label

    def _attach_envelopes(self) -> None:
        """Give every LABEL to an address of the same types, or make it an address of its own."""
        if not self._envelopes:
            return
        bare: dict[frozenset[str], list[_Found]] = defaultdict(list)
        for found in reversed(self._found):
            if found.kind is PointKind.ADDRESS:
                bare[_types(found.header)].append(found)
        for header, text in self._envelopes:
            if same := bare[_types(header)]:
                same.pop().value = text
            else:
                self._found.append(_Found(header, PointKind.ADDRESS, text, Address(), ""))

    def _settle_apple_days(self) -> None:
        for line, at, header, raw in self._apple_days:
            day = read_day(raw, header.params)
            if day is None:
                self.warn_of_date(line, header.name)
            elif not without(header.params, *_APPLE_DAY_PARAMS):
                self._kept[at] = None
                label = self._use_label(header.group) if header.group else ""
                kind = _DATE_WORDS.get(label.lower(), DateKind.OTHER)
                label = label if kind is DateKind.OTHER else ""
                self._days[ImportantDate(kind, label, *day)] = None

    def _fallback_name(self, points: tuple[Point, ...]) -> str:
        parts = split_raw(self.structured_name, ";")
        said = (split_text(parts[at], ",") for at in _GIVEN_ORDER if at < len(parts))
        reachable = (
            point.value for point in points if point.kind in (PointKind.EMAIL, PointKind.PHONE)
        )
        name = (
            " ".join(word for words in said for word in words if word)
            or self._fields.get("organisation", "")
            or self._fields.get("nickname", "")
            or next(reachable, "")
        )
        return name.replace("\n", " ")


def _types(header: Header) -> frozenset[str]:
    return frozenset(values_of(header.params, "TYPE"))
