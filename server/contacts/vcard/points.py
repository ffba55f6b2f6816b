"""The points of a card while its properties arrive: a label may follow what it labels.

X-ABLabel labels by group; LABEL (2.1 and 3.0) holds the text of the address of its types.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from server.contacts.vcard.address import parts_of
from server.contacts.vcard.card import Address, Point, PointKind
from server.contacts.vcard.labels import service_of
from server.contacts.vcard.limits import MAX_ENTRIES, MAX_NAME_CHARS, MAX_POINT_CHARS
from server.contacts.vcard.params import Header, for_point, values_of

_EMAIL = re.compile(r"\S+@[^\s@]+")


@dataclass(slots=True)
class FoundPoint:
    """A point as read, before its label is known."""

    header: Header
    kind: PointKind
    value: str
    components: Address | None = None
    written_as: str = ""

    def problem(self) -> str:
        """Return the code of a warning if no contact can have this point, else nothing."""
        parts = parts_of(self.components) if self.components else ()
        too_long = len(self.value) > MAX_POINT_CHARS[self.kind]
        if too_long or any(len(part) > MAX_NAME_CHARS for part in parts):
            return "too_long"
        if self.kind is PointKind.EMAIL and not _EMAIL.fullmatch(self.value):
            return "unreadable_email"
        return ""


@dataclass(slots=True)
class FoundPoints:
    """Collects points and the texts of addresses."""

    found: list[FoundPoint] = field(default_factory=list)
    _envelopes: list[tuple[Header, str]] = field(default_factory=list)
    _counts: dict[PointKind, int] = field(default_factory=dict)

    def add(self, point: FoundPoint) -> str:
        """Take a point; return the code of a warning if it was not taken, else nothing."""
        problem = point.problem() or self._too_many(point.kind)
        if not problem:
            self.found.append(point)
        return problem

    def add_envelope(self, header: Header, text: str) -> str:
        """Take the LABEL of an address, which may come before or after it; answers like `add`."""
        alone = FoundPoint(header, PointKind.ADDRESS, text, Address())
        problem = alone.problem()
        if not problem and len(self._envelopes) >= MAX_ENTRIES:
            problem = "too_many"
        if not problem:
            self._envelopes.append((header, text))
        return problem

    def settle(self, label_of_group: Callable[[str], str]) -> tuple[Point, ...]:
        """Return the points with their labels, in the order in which they came.

        `label_of_group` returns what the X-ABLabel of a group says, or an empty text.
        """
        if self._envelopes:
            self._attach_envelopes()
        return tuple([_labelled(point, label_of_group) for point in self.found])

    def _too_many(self, kind: PointKind) -> str:
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        return "too_many" if count > MAX_ENTRIES else ""

    def _attach_envelopes(self) -> None:
        """Give every LABEL to an address of the same types, or make it an address of its own."""
        bare: dict[frozenset[str], list[FoundPoint]] = defaultdict(list)
        for point in reversed(self.found):
            if point.kind is PointKind.ADDRESS:
                bare[_types(point.header)].append(point)
        for header, text in self._envelopes:
            if same := bare[_types(header)]:
                same.pop().value = text
            else:
                self.found.append(FoundPoint(header, PointKind.ADDRESS, text, Address()))


def _labelled(point: FoundPoint, label_of_group: Callable[[str], str]) -> Point:
    header = point.header
    label, params = header.label, header.others
    if header.group and (own := label_of_group(header.group)):
        label, params = own, for_point(header.params)
    elif not label and point.kind is PointKind.SOCIAL:
        label = service_of(point.written_as, point.value, params)
    return Point(
        point.kind,
        point.value,
        label,
        header.preferred,
        point.components,
        header.group,
        params,
        point.written_as,
    )


def _types(header: Header) -> frozenset[str]:
    return frozenset(values_of(header.params, "TYPE"))
