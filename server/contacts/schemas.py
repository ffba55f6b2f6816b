"""What requests about contacts look like."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from server.lib.cadence_fields import CadenceFields
from server.lib.dates import check_date
from server.lib.fields import (
    Instant,
    Length,
    Shape,
    Text,
    Zone,
    canonical_email,
    without_defaults,
)
from server.lib.paging import PageQuery
from server.lib.texts import clean_text

MOST_ENTRIES = 50
MOST_CUSTOM_FIELDS = 100
LONGEST_CUSTOM_TEXT = 5_000
# Numbers that every JSON client reads alike (RFC 8259, 6).
EXACT_INT = 2**53 - 1
LARGEST_FLOAT = 1e300

Visibility = Literal["private", "household"]
Circle = Literal["inner", "close", "active", "casual"]
PreferredWay = Literal["in_person", "remote"]
DateKind = Literal["birthday", "anniversary", "other"]

Name = Annotated[Text, Length(1, 255)]
Line = Annotated[Text, Length(0, 255)]
Label = Annotated[Text, Length(0, 100)]
Part = Annotated[Text, Length(0, 255)]


def _many_lines(value: str) -> str:
    return clean_text(value, multiline=True)


def _email(value: str) -> str:
    canonical_email(value)
    return value


def _custom_value(value: Any) -> Any:
    """Refuse by hand, so that an error names the field and not each type it is not."""
    if isinstance(value, str):
        if len(text := _many_lines(value)) > LONGEST_CUSTOM_TEXT:
            raise ValueError(f"must have at most {LONGEST_CUSTOM_TEXT} characters")
        return text
    if isinstance(value, (bool, int)) and abs(value) <= EXACT_INT:
        return value
    if isinstance(value, float) and abs(value) <= LARGEST_FLOAT:  # False for NaN
        return value
    raise ValueError("must be a text, true, false, or a number that JSON clients read exactly")


Notes = Annotated[str, AfterValidator(_many_lines), Length(0, 50_000)]
AddressText = Annotated[str, AfterValidator(_many_lines), Length(0, 1000)]
CustomKey = Annotated[Text, Length(1, 100)]
CustomText = Annotated[str, Field(max_length=LONGEST_CUSTOM_TEXT)]
CustomValue = Annotated[CustomText | StrictBool | StrictInt | float, BeforeValidator(_custom_value)]
_READ_ONLY: Any = Field(default=None, description="Ignored.", json_schema_extra={"readOnly": True})


class _PointIn(Shape):
    """What every way to reach someone has; lists go back as they came, read-only fields too."""

    label: Label | None = Field(default=None, examples=["home"])
    preferred: StrictBool = False
    confirmed_at: Instant | None = Field(default=None, description="Last known to be right.")
    normalised: str | None = Field(
        default=None, description="Ignored.", json_schema_extra=_READ_ONLY
    )
    source: str | None = Field(default=None, description="Ignored.", json_schema_extra=_READ_ONLY)


class PhoneIn(_PointIn):
    """A phone number, in any spelling."""

    value: Annotated[Text, Length(1, 100)] = Field(examples=["+49 30 901820"])


class EmailIn(_PointIn):
    """An e-mail address."""

    value: Annotated[Text, Length(3, 320), AfterValidator(_email)] = Field(
        examples=["ana@example.org"]
    )


class LinkIn(_PointIn):
    """A web address."""

    value: Annotated[Text, Length(1, 2000)] = Field(examples=["https://example.org/ana"])


class SocialIn(_PointIn):
    """A social handle; `label` names the service."""

    value: Annotated[Text, Length(1, 500)] = Field(examples=["@ana"])


class AddressIn(_PointIn):
    """A postal address: its parts, and if you like its printed lines as `value`."""

    value: AddressText | None = Field(default=None, description="Null makes it from the parts.")
    po_box: Part | None = None
    extended: Part | None = None
    street: Part | None = None
    locality: Part | None = Field(default=None, examples=["Berlin"])
    region: Part | None = None
    postal_code: Part | None = None
    country: Part | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (
            self.value
            or self.po_box
            or self.extended
            or self.street
            or self.locality
            or self.region
            or self.postal_code
            or self.country
        ):
            raise ValueError("give a value or at least one part")
        return self


class DateIn(Shape):
    """An important date; without a year it is a day of every year."""

    kind: DateKind
    label: Label | None = None
    year: StrictInt | None = Field(default=None, examples=[1984])
    month: StrictInt = Field(ge=1, le=12)
    day: StrictInt = Field(ge=1, le=31)

    @model_validator(mode="after")
    def _real(self) -> Self:
        check_date(self.year, self.month, self.day)
        return self


class _ContactFields(CadenceFields):
    """Everything that can be written but the name; cadence and below are the caller's own."""

    visibility: Visibility = Field(
        default="private", description="`household` lets every member see and edit it."
    )
    nickname: Line | None = None
    organisation: Line | None = None
    title: Line | None = None
    location: Line | None = Field(default=None, examples=["Lisbon, Portugal"])
    zone: Zone | None = Field(default=None, description="Null infers it from `location`.")
    notes: Notes | None = None
    phones: list[PhoneIn] = Field(default=[], max_length=MOST_ENTRIES)
    emails: list[EmailIn] = Field(default=[], max_length=MOST_ENTRIES)
    addresses: list[AddressIn] = Field(default=[], max_length=MOST_ENTRIES)
    links: list[LinkIn] = Field(default=[], max_length=MOST_ENTRIES)
    socials: list[SocialIn] = Field(default=[], max_length=MOST_ENTRIES)
    dates: list[DateIn] = Field(default=[], max_length=MOST_ENTRIES)
    custom_fields: dict[CustomKey, CustomValue] = Field(default={}, max_length=MOST_CUSTOM_FIELDS)
    circle: Circle | None = None
    paused_until: Instant | None = Field(default=None, description="No suggestions before.")
    never_suggest: StrictBool = False
    preferred_way: PreferredWay | None = None


class ContactIn(_ContactFields):
    """A whole contact: what is left out is empty."""

    name: Name = Field(examples=["Ana Silva"])


class ContactPatch(_ContactFields):
    """The fields to change; lists and `custom_fields` are replaced whole."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Name = "unchanged"


class ContactListQuery(PageQuery):
    """Which contacts; all conditions hold together."""

    search: Annotated[Text, Length(0, 200)] | None = Field(
        default=None,
        description="Words that all occur in name, nickname, organisation, location, phones or"
        " e-mails; case and accents do not matter.",
    )
    group: UUID | None = Field(default=None, description="Members of this group of yours.")
    tag: UUID | None = Field(default=None, description="With this tag of yours.")
    circle: Circle | None = None
    archived: Literal["false", "true", "all"] = Field(
        default="false", description="`true` gives archived contacts only."
    )
