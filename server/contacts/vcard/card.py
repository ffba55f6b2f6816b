"""One person's card, as it travels between vCard files, the API and the database."""

from dataclasses import dataclass, field
from enum import StrEnum

UNNAMED = "Unnamed contact"
"""The name of a card that has none, but has something else to keep."""

OUTSIDE_CARD = "outside_card"
"""The code of a BadCard that is no card at all, but text between cards."""

Params = tuple[tuple[str, tuple[str, ...]], ...]
"""Parameters in the order written: (`NAME`, values); `TYPE` first, its values in lower case."""


class PointKind(StrEnum):
    """What a `Point` is."""

    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    LINK = "link"
    SOCIAL = "social"


class DateKind(StrEnum):
    """What an `ImportantDate` celebrates."""

    BIRTHDAY = "birthday"
    ANNIVERSARY = "anniversary"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Address:
    """The seven components of ADR (RFC 6350, 6.3.1), each plain text, empty when not given.

    `more` holds what came behind them (RFC 9554 defines eleven further components), so that
    an export gives it back.
    """

    po_box: str = ""
    extended: str = ""
    street: str = ""
    locality: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One way to reach someone: a phone, an e-mail, an address, a link or a social handle.

    `value` is the text to show; for an address its label as printed on an envelope if the card
    has one, else the components in one line. `label` is a lower-case type (`home`, `work`,
    `cell`) or the user's own words. `params` holds every parameter but the type that became
    the label, the preference and the value type.

    `written_as` names the property of a social handle (`IMPP`, `X-ICQ`); empty stands for
    X-SOCIALPROFILE, and for the one property of every other kind.
    """

    kind: PointKind
    value: str
    label: str = ""
    preferred: bool = False
    components: Address | None = None
    group: str = ""
    params: Params = ()
    written_as: str = ""


@dataclass(frozen=True, slots=True)
class ImportantDate:
    """A day of the year to remember; `label` names it when `kind` is other.

    `year` is None when it is not known. February 29 is a day of any unknown year.
    """

    kind: DateKind
    label: str
    year: int | None
    month: int
    day: int


@dataclass(frozen=True, slots=True)
class KeptProperty:
    r"""A property given back as it came: one that CatchUp does not map, or only in part.

    `name` is in upper case, but X- names stay as they came. `value` is raw vCard 4.0 text:
    escaped, on one line, with `\n` for a line break. `stands_for` names the Card field that was
    read from this property when the field alone could not give everything back (its parameters,
    the departments of an ORG, the hour of a birth): it is written for that field while the field
    still says the same.
    """

    group: str
    name: str
    params: Params
    value: str
    stands_for: str = ""


@dataclass(frozen=True, slots=True)
class CardWarning:
    """Something on a card that could not be used as meant: kept aside, replaced or left out.

    `reason` is a sentence without personal content; `line` counts from 1 in the file.
    """

    line: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Card:
    """One contact. Text is plain (no escapes, line breaks as LF); what is not known is empty.

    Text from a file is clean as server.lib.texts means it, and within the limits of
    vcard_limits.py; notes and the parts of an address keep the blanks around them, too.
    `kind` is RFC 6350's: individual, group, org, location, or any other word.
    `location` is "city, country" of the best address, or what the user wrote instead.
    `zone` is an IANA name. `position` counts the entries of a file from 1, `line` its lines.
    Where a card came from does not make it another card, so these two, `warnings` and `digest`
    (the SHA-256 of its lines in the file) do not count in comparisons.
    """

    name: str
    uid: str = ""
    kind: str = "individual"
    nickname: str = ""
    organisation: str = ""
    title: str = ""
    notes: str = ""
    location: str = ""
    zone: str = ""
    points: tuple[Point, ...] = ()
    dates: tuple[ImportantDate, ...] = ()
    categories: tuple[str, ...] = ()
    kept: tuple[KeptProperty, ...] = ()
    position: int = field(default=0, compare=False)
    line: int = field(default=0, compare=False)
    warnings: tuple[CardWarning, ...] = field(default=(), compare=False)
    digest: bytes = field(default=b"", compare=False)


@dataclass(frozen=True, slots=True)
class BadCard:
    """An entry of a file that gives no contact: where it stands, and why.

    `name` is None when it could not be told. `code` is stable: `missing_end`, `no_name`,
    `name_too_long`, `card_too_large`, `too_many_properties`, `outside_card`.
    """

    position: int
    line: int
    name: str | None
    code: str
    reason: str
