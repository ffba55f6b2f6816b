"""A row to a contact: what each cell says, and what no field takes is kept under its header."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest

from server.contacts.csv_files.cell_lists import SEPARATOR, listed, several
from server.contacts.csv_files.contact import CsvContact
from server.contacts.csv_files.days import NO_DAY, day_of_parts, read_written_day
from server.contacts.csv_files.fields import (
    NAME_PARTS,
    POINTS,
    SETTINGS,
    TEXTS,
    Column,
)
from server.contacts.csv_files.header_words import EMPTY_WORDS
from server.contacts.csv_files.headers import folded
from server.contacts.rules import ADDRESS_PARTS
from server.contacts.vcard.address import address_text, location_of
from server.contacts.vcard.card import (
    UNNAMED,
    Address,
    Card,
    CardWarning,
    DateKind,
    ImportantDate,
    KeptProperty,
    Point,
    PointKind,
)
from server.contacts.vcard.limits import (
    MAX_ENTRIES,
    MAX_LABEL_CHARS,
    MAX_NAME_CHARS,
    MAX_NOTES_CHARS,
    MAX_POINT_CHARS,
)
from server.contacts.vcard.params import LABEL_TYPES
from server.contacts.vcard.values import escape

KEPT_PROPERTY = "X-CATCHUP-COLUMN"
"""Gives back a cell that no custom field has room for."""

MAX_CUSTOM_FIELDS = 100
MAX_CUSTOM_KEY_CHARS = 100
MAX_CUSTOM_CHARS = 5_000
_EMAIL = re.compile(r"\S+@[^\s@]+")
_WORD = re.compile(r"\w+")
_YES = frozenset({"yes", "true", "1", "x", "ja", "oui", "si"})
_REASONS = {
    "too_long": "{} is too long for a contact; kept as it is.",
    "too_many": "There are too many entries of {}; kept as it is.",
    "unreadable_date": "{} names no day of the year; kept as it is.",
    "ambiguous_date": "{} was read as month/day/year; check whether the day comes first.",
    "unreadable_email": "{} is no e-mail address; kept as it is.",
    "no_name": "The row has no name; it is called " + UNNAMED + ".",
    "more_cells": "The row has more cells than the header; kept under their numbers.",
    "control_characters": "Control characters were left out of {}.",
    "unreadable_characters": "{} has bytes that are no characters of the file's encoding.",
}


@dataclass(slots=True)
class RowBuilder:
    """Collects what the cells of one row say. Cells are clean (cells.py) and not empty.

    `says_location`: there is a column for it, so that an empty cell means none.
    """

    line: int
    day_first: bool | None
    says_location: bool = False
    warnings: list[CardWarning] = field(default_factory=list)
    custom: dict[str, str] = field(default_factory=dict)
    kept: list[KeptProperty] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    points: dict[Point, None] = field(default_factory=dict)
    dates: dict[ImportantDate, None] = field(default_factory=dict)
    slots: dict[tuple[str, str], dict[str, tuple[Column, str]]] = field(default_factory=dict)

    def warn(self, code: str, header: str = "") -> None:
        """Note that a cell could not be used as meant."""
        self.warnings.append(CardWarning(self.line, code, _REASONS[code].format(header[:100])))

    def keep(self, header: str, text: str, *, problem: str = "") -> None:
        """Keep a cell under its header, with a warning if it should have been used."""
        if problem:
            self.warn(problem, header)
        name = key = header[:MAX_CUSTOM_KEY_CHARS].strip() or "Column"
        number = 2
        while key in self.custom:
            key = f"{name[: MAX_CUSTOM_KEY_CHARS - 5]} ({number})"
            number += 1
        if len(self.custom) < MAX_CUSTOM_FIELDS and len(text) <= MAX_CUSTOM_CHARS:
            self.custom[key] = text
            return
        if not problem:
            self.warn("too_long" if len(text) > MAX_CUSTOM_CHARS else "too_many", header)
        self.kept.append(
            KeptProperty("", KEPT_PROPERTY, (("X-NAME", (header,)),), escape(text), "")
        )

    def add(self, column: Column, text: str) -> None:
        """Take one cell."""
        name = column.field
        if name in ("tags", "groups"):
            (self.tags if name == "tags" else self.groups).extend(listed(text))
        elif name in (*POINTS, "address", "date", "birthday", "anniversary", "extra", "echo"):
            self.slots.setdefault((name, column.slot), {})[column.part] = (column, text)
        elif name == "custom":
            if text.casefold() not in EMPTY_WORDS.get(folded(column.header), ()):
                self.keep(column.header, text)
        elif name == "notes":
            self._note(column, text)
        elif name != "ignore":
            self._text(column, text)

    def _note(self, column: Column, text: str) -> None:
        both = f"{self.texts['notes']}\n\n{text}" if "notes" in self.texts else text
        if len(both) > MAX_NOTES_CHARS:
            self.keep(column.header, text, problem="too_long")
        else:
            self.texts["notes"] = both

    def _text(self, column: Column, text: str) -> None:
        name = column.field
        if name in self.texts:
            if self.texts[name] != text:
                self.keep(column.header, text)
        elif len(text) > MAX_NAME_CHARS and (name in TEXTS or name in NAME_PARTS):
            self.keep(column.header, text, problem="too_long")
        else:
            self.texts[name] = text

    def settle(self) -> None:
        """Put together what several cells say: points, addresses, dates, custom fields."""
        for (name, _), cells in self.slots.items():
            if name == "address":
                self._address(cells)
            elif name in POINTS:
                self._points(PointKind(POINTS[name]), cells)
            elif name in ("date", "birthday", "anniversary"):
                self._date(name, cells)
            elif name == "extra" and "value" in cells:
                column, text = cells["value"]
                label = cells["label"][1] if "label" in cells else column.header
                for each in text.split(SEPARATOR):
                    self.keep(label, each)
        for (name, _), cells in self.slots.items():
            if name == "echo":
                self._echo(*cells["value"])

    def _points(self, kind: PointKind, cells: Mapping[str, tuple[Column, str]]) -> None:
        if "value" not in cells:
            return
        column, values = cells["value"]
        label, preferred = self._label(cells)
        for value in (each.strip() for each in several(values, cells)):
            problem = ""
            if kind is PointKind.EMAIL and not _EMAIL.fullmatch(value):
                problem = "unreadable_email"
            elif len(value) > MAX_POINT_CHARS[kind]:
                problem = "too_long"
            if problem:
                self.keep(column.header, value, problem=problem)
            elif value:
                self._point(column, Point(kind, value, label, preferred))

    def _label(self, cells: Mapping[str, tuple[Column, str]]) -> tuple[str, bool]:
        """Google marks the preferred one with a star before its label."""
        column = next(iter(cells.values()))[0]
        label = cells["label"][1] if "label" in cells else column.label
        preferred = "preferred" in cells and cells["preferred"][1].casefold() in _YES
        if "preferred" not in cells and label.startswith("*"):
            label, preferred = label[1:].strip(), True
        if not label and "service" in cells:
            label = cells["service"][1]
        if len(label) > MAX_LABEL_CHARS:
            self.keep(f"{column.header} label", label, problem="too_long")
            label = ""
        return (label.lower() if label.lower() in LABEL_TYPES else label), preferred

    def _point(self, column: Column, point: Point) -> None:
        if sum(known.kind is point.kind for known in self.points) >= MAX_ENTRIES:
            self.keep(column.header, point.value, problem="too_many")
        else:
            self.points[point] = None

    def _address(self, cells: Mapping[str, tuple[Column, str]]) -> None:
        column = next(iter(cells.values()))[0]
        label, preferred = self._label(cells)
        texts = {part: text for part, (_, text) in cells.items()}
        for part in [part for part in texts if part[-1:].isdigit()]:
            lines = [texts.get(part[:-1], ""), texts.pop(part)]
            texts[part[:-1]] = ", ".join(line for line in lines if line)
        split = {
            name: several(texts[name], cells)
            for name in (*ADDRESS_PARTS, "value")
            if texts.get(name)
        }
        for each in zip_longest(*split.values(), fillvalue=""):
            parts = dict(zip(split, each, strict=True))
            shown = parts.pop("value", "")
            po_box, extended, *others = (parts.get(name, "") for name in ADDRESS_PARTS)
            street, locality, region, postal_code, country = others
            address = Address(po_box, extended, street, locality, region, postal_code, country)
            value = shown or address_text(address)
            too_long = any(len(part) > MAX_NAME_CHARS for part in parts.values())
            if too_long or len(value) > MAX_POINT_CHARS[PointKind.ADDRESS]:
                self.keep(f"{label or column.slot} address", value, problem="too_long")
            elif value.strip():
                known = address if any(parts.values()) else None
                self._point(column, Point(PointKind.ADDRESS, value, label, preferred, known))

    def _date(self, name: str, cells: Mapping[str, tuple[Column, str]]) -> None:
        texts = {part: text for part, (_, text) in cells.items()}
        column = next(iter(cells.values()))[0]
        if "month" in texts and "day" in texts:
            text = "-".join(texts.get(part, "") for part in ("year", "month", "day"))
            day, unclear = day_of_parts(texts.get("year", ""), texts["month"], texts["day"]), False
        else:
            text = texts.get("value") or texts.get("year") or texts.get("month", "")
            day, unclear = read_written_day(text, day_first=self.day_first)
        if not text or text in NO_DAY:
            return
        if day is None:
            self.keep(column.header, text, problem="unreadable_date")
            return
        if unclear:
            self.warn("ambiguous_date", column.header)
        label = texts.get("label", column.label)[:MAX_LABEL_CHARS]
        kind = DateKind(name) if name != "date" else _kind_of(label)
        if len(self.dates) >= MAX_ENTRIES:
            self.keep(column.header, text, problem="too_many")
        else:
            label = label if kind is DateKind.OTHER else ""
            self.dates[ImportantDate(kind, label, *day)] = None

    def _echo(self, column: Column, text: str) -> None:
        """Outlook repeats the name and the address beside each e-mail."""
        mails = (point.value.casefold() for point in self.points)
        said = text.casefold()
        if said != self.name().casefold() and not any(mail in said for mail in mails):
            self.keep(column.header, text)

    def name(self) -> str:
        """Return the name that the row says, empty when it says none.

        The one to show, unless it only says the parts in another order (`Lovelace, Ada`).
        """
        shown = self.texts.get("name", "")
        spoken = " ".join(self.texts[part] for part in NAME_PARTS if part in self.texts)
        if "," in shown and set(_WORD.findall(shown)) <= set(_WORD.findall(spoken)):
            shown = ""
        reachable = (point.value for point in self.points if point.kind in ("email", "phone"))
        return (
            shown
            or spoken
            or self.texts.get("file_as", "")
            or self.texts.get("organisation", "")
            or self.texts.get("nickname", "")
            or next(reachable, "")
        )

    def contact(self, position: int, digest: bytes, name: str) -> CsvContact:
        """Return the row as a contact of that name."""
        texts = self.texts
        parts = [texts.get(part, "") for part in NAME_PARTS]
        if parts[1] or parts[3]:
            prefix, given, additional, family, suffix = map(escape, parts)
            raw = ";".join((family, given, additional, prefix, suffix))
            self.kept.append(KeptProperty("", "N", (), raw, ""))
        points = tuple(self.points)
        card = Card(
            name=name,
            points=points,
            dates=tuple(self.dates),
            categories=tuple(dict.fromkeys(self.tags)),
            kept=tuple(self.kept),
            notes=texts.get("notes", ""),
            position=position,
            line=self.line,
            warnings=tuple(self.warnings),
            digest=digest,
            **{name: texts.get(name, "") for name in TEXTS if name != "location"},
            location=texts.get("location") or ("" if self.says_location else location_of(points)),
        )
        return CsvContact(
            card,
            self.custom,
            tuple(dict.fromkeys(self.groups)),
            {name: texts[name] for name in SETTINGS if name in texts},
            texts.get("custom_json", ""),
        )


def _kind_of(label: str) -> DateKind:
    word = folded(label)
    return DateKind(word) if word in ("birthday", "anniversary") else DateKind.OTHER
