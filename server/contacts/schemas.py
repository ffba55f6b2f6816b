"""What requests about contacts look like."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from server.contacts.places import Place, read_place
from server.lib.cadence_fields import CadenceDaysWish, CadenceFields, CadenceWish
from server.lib.dates import check_date
from server.lib.fields import (
    ExactText,
    Instant,
    Length,
    Shape,
    Text,
    Whole,
    Zone,
    absent,
    canonical_email,
)
from server.lib.paging import PageQuery
from server.lib.texts import clean_text, exact_text

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


def _custom_wish(value: Any) -> Any:
    return None if value is None else _custom_value(value)


def _custom_value(value: Any) -> Any:
    """Refuse by hand, so that an error names the field and not each type it is not."""
    if isinstance(value, str):
        if len(text := exact_text(value)) > LONGEST_CUSTOM_TEXT:
            raise ValueError(f"must have at most {LONGEST_CUSTOM_TEXT} characters")
        return text
    if isinstance(value, (bool, int)) and abs(value) <= EXACT_INT:
        return value
    if isinstance(value, float) and abs(value) <= LARGEST_FLOAT:  # False for NaN
        return value
    raise ValueError("must be a text, true, false, or a number that JSON clients read exactly")


Notes = Annotated[ExactText, Length(0, 50_000)]
# Addresses are compared by their lines, so these are written in one way.
AddressText = Annotated[str, AfterValidator(_many_lines), Length(0, 1000)]
CustomKey = Annotated[Text, Length(1, 100)]
CustomText = Annotated[str, Field(max_length=LONGEST_CUSTOM_TEXT)]
CustomValue = Annotated[CustomText | StrictBool | StrictInt | float, BeforeValidator(_custom_value)]
CustomWish = Annotated[
    CustomText | StrictBool | StrictInt | float | None, BeforeValidator(_custom_wish)
]
ReadOnly = Annotated[
    Text | None, Field(description="Ignored.", json_schema_extra={"readOnly": True})
]


class _PointIn(Shape):
    """What every way to reach someone has; lists go back as they came, read-only fields too."""

    label: Label | None = Field(default=None, examples=["home"])
    preferred: StrictBool = False
    confirmed_at: Instant | None = Field(default=None, description="Last known to be right.")
    normalised: ReadOnly = None
    source: ReadOnly = None


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

    value: AddressText | None = Field(
        default=None, description="Its lines, parted by LF; null makes them from the parts."
    )
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
    year: Whole | None = Field(default=None, examples=[1984])
    month: Whole = Field(ge=1, le=12)
    day: Whole = Field(ge=1, le=31)

    @model_validator(mode="after")
    def _real(self) -> Self:
        check_date(self.year, self.month, self.day)
        return self


ZoneWish = Annotated[Zone | None, Field(description="Null infers it from `location`.")]
Location = Annotated[Line | None, Field(examples=["Lisbon, Portugal"])]
Phones = Annotated[tuple[PhoneIn, ...], Field(max_length=MOST_ENTRIES)]
Emails = Annotated[tuple[EmailIn, ...], Field(max_length=MOST_ENTRIES)]
Addresses = Annotated[tuple[AddressIn, ...], Field(max_length=MOST_ENTRIES)]
Links = Annotated[tuple[LinkIn, ...], Field(max_length=MOST_ENTRIES)]
Socials = Annotated[tuple[SocialIn, ...], Field(max_length=MOST_ENTRIES)]
Dates = Annotated[tuple[DateIn, ...], Field(max_length=MOST_ENTRIES)]
CustomFields = Annotated[dict[CustomKey, CustomValue], Field(max_length=MOST_CUSTOM_FIELDS)]
CustomWishes = Annotated[
    dict[CustomKey, CustomWish],
    Field(
        max_length=2 * MOST_CUSTOM_FIELDS,
        description="Merged (RFC 7396): a name that is given is written, one with null is taken"
        f" away, the others stay. Afterwards there may be {MOST_CUSTOM_FIELDS}.",
        examples=[{"shoe size": 42, "old field": None}],
    ),
]
PausedUntil = Annotated[Instant | None, Field(description="No suggestions before.")]


class ContactIn(CadenceFields):
    """A whole contact: what is left out is empty.

    Cadence, circle, pause, never_suggest and preferred_way are the caller's own settings.
    """

    name: Name = Field(examples=["Ana Silva"])
    visibility: Visibility = "private"
    nickname: Line | None = None
    organisation: Line | None = None
    title: Line | None = None
    location: Location = None
    zone: ZoneWish = None
    notes: Notes | None = None
    phones: Phones = ()
    emails: Emails = ()
    addresses: Addresses = ()
    links: Links = ()
    socials: Socials = ()
    dates: Dates = ()
    custom_fields: CustomFields = Field(default={})
    circle: Circle | None = None
    paused_until: PausedUntil = None
    never_suggest: StrictBool = False
    preferred_way: PreferredWay | None = None


class ContactPatch(CadenceFields):
    """The fields to change; lists are replaced whole, `custom_fields` are merged by name."""

    name: Name = absent()
    visibility: Visibility = absent()
    nickname: Line | None = absent()
    organisation: Line | None = absent()
    title: Line | None = absent()
    location: Location = absent()
    zone: ZoneWish = absent()
    notes: Notes | None = absent()
    phones: Phones = absent()
    emails: Emails = absent()
    addresses: Addresses = absent()
    links: Links = absent()
    socials: Socials = absent()
    dates: Dates = absent()
    custom_fields: CustomWishes = absent()
    cadence: CadenceWish = absent()
    cadence_days: CadenceDaysWish = absent()
    circle: Circle | None = absent()
    paused_until: PausedUntil = absent()
    never_suggest: StrictBool = absent()
    preferred_way: PreferredWay | None = absent()


def _checked_cursor(text: str) -> str:
    read_place(text)
    return text


class ContactListQuery(PageQuery):
    """Which contacts; all conditions hold together."""

    cursor: Annotated[str, AfterValidator(_checked_cursor)] | None = Field(
        default=None, description="`next_cursor` of the page before, with the same conditions."
    )
    search: Annotated[Text, Length(0, 200)] | None = Field(
        default=None,
        description="Words that all occur in name, nickname, organisation, location, phones or"
        " e-mails; case and accents do not matter. After those who have the words as typed come"
        " those who have them but for a typing error: one letter in words of four to six letters"
        " (in three letters only a missing one), two in longer ones, or two neighbours"
        " exchanged. Shorter words and numbers are found as typed only.",
        examples=["jon smth"],
    )
    group: UUID | None = Field(default=None, description="Members of this group of yours.")
    tag: UUID | None = Field(default=None, description="With this tag of yours.")
    circle: Circle | None = None
    archived: Literal["false", "true", "all"] = Field(
        default="false", description="`true` gives archived contacts only."
    )
    due: bool | None = Field(
        default=None,
        description="`true`: the cadence has run out, and the contact is neither archived,"
        " paused, snoozed nor never to be suggested; a contact never talked to is due."
        " `false`: all others.",
    )

    @property
    def place(self) -> Place:
        """Where the page starts."""
        return Place(None) if self.cursor is None else read_place(self.cursor)
