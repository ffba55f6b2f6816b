"""The shape of a JSON export, version 1: everything about contacts but photos.

A file is one object whose last member `contacts` may be of any length. A later version of
CatchUp reads every older version; members may be added within a version.
"""

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool

from server.contacts.schemas import (
    Circle,
    CustomFields,
    DateIn,
    Label,
    Line,
    Name,
    PreferredWay,
    Visibility,
)
from server.lib.cadence_fields import CadenceFields
from server.lib.fields import ExactText, Instant, Shape, Zone
from server.lib.texts import clean_text

FORMAT = "catchup-contacts"
VERSION = 1
MOST_POINTS = 1_000
MOST_NAMES = 1_000


def _exact(value: str) -> str:
    """Refuse what is no text; the blanks around it are part of it."""
    clean_text(value, multiline=True)
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def _storable(value: str) -> str:
    """Refuse what UTF-8 cannot say."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("contains half of a surrogate pair") from None
    return value


Exact = Annotated[str, AfterValidator(_exact)]
Raw = Annotated[str, AfterValidator(_storable)]
Part = Annotated[Exact, Field(max_length=255)]
Source = Literal["manual", "import", "google", "carddav", "voice_note", "reply"]
ParamRecord = tuple[Raw, tuple[Raw, ...]]
PointParam = tuple[Exact, tuple[Exact, ...]]


class AddressRecord(Shape):
    """The parts of a postal address; `more` has the further components of a vCard."""

    po_box: Part | None = None
    extended: Part | None = None
    street: Part | None = None
    locality: Part | None = None
    region: Part | None = None
    postal_code: Part | None = None
    country: Part | None = None
    more: list[Exact] | None = None


class PointExtra(Shape):
    """What a vCard says of a way to reach someone that CatchUp does not use."""

    group: Exact | None = None
    written_as: Exact | None = Field(default=None, description="The property's name.")
    params: list[PointParam] | None = Field(default=None, description="Name and values.")


class PointRecord(Shape):
    """A way to reach someone."""

    kind: Literal["phone", "email", "address", "link", "social"]
    value: Annotated[Exact, Field(min_length=1, max_length=2000)]
    label: Label | None = None
    preferred: StrictBool = False
    components: AddressRecord | None = None
    extra: PointExtra | None = None
    source: Source = "manual"
    confirmed_at: Instant | None = None


class SettingsRecord(CadenceFields):
    """What the exporting user wants with the contact."""

    circle: Circle | None = None
    paused_until: Instant | None = None
    never_suggest: StrictBool = False
    preferred_way: PreferredWay | None = None
    archived_at: Instant | None = None


class KeptRecord(Shape):
    """A vCard property that no field takes, as raw vCard 4.0 text."""

    group: Raw = ""
    name: Raw
    params: list[ParamRecord] = Field(default_factory=list)
    value: Raw
    stands_for: Raw = Field("", description="The field that was read from it, if one was.")


class ContactRecord(Shape):
    """One contact with everything; `created_at` and `updated_at` are not imported."""

    uid: Annotated[Exact, Field(max_length=255)] | None = None
    name: Name
    visibility: Visibility = "private"
    nickname: Line | None = None
    organisation: Line | None = None
    title: Line | None = None
    location: Line | None = None
    zone: Zone | None = Field(default=None, description="Only where somebody gave it.")
    notes: Annotated[ExactText, Field(max_length=50_000)] | None = None
    custom_fields: CustomFields = Field(default={})
    points: Annotated[tuple[PointRecord, ...], Field(max_length=MOST_POINTS)] = ()
    dates: Annotated[tuple[DateIn, ...], Field(max_length=MOST_POINTS)] = ()
    settings: SettingsRecord = Field(default_factory=SettingsRecord)
    tags: Annotated[tuple[Line, ...], Field(max_length=MOST_NAMES)] = ()
    groups: Annotated[tuple[Line, ...], Field(max_length=MOST_NAMES)] = ()
    kept_properties: list[KeptRecord] | None = None
    source: Source = "manual"
    created_at: datetime | None = None
    updated_at: datetime | None = None


class ContactsFile(Shape):
    """A JSON export."""

    format: Literal["catchup-contacts"]
    version: Literal[1]
    exported_at: datetime
    contacts: list[ContactRecord]


def json_ready(record: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out of a ContactRecord what says nothing."""
    lean = {name: value for name, value in record.items() if value not in (None, [], {})}
    lean["settings"] = {
        name: value for name, value in record["settings"].items() if value not in (None, False)
    }
    for name in ("points", "dates"):
        lean[name] = [
            {part: value for part, value in each.items() if value is not None}
            for each in record[name]
        ]
    return lean
