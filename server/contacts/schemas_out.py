"""What replies about contacts look like."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from server.contacts.schemas import Circle, DateKind, PreferredWay, Visibility
from server.lib.cadence import CadenceSource
from server.lib.cadence_fields import CadenceWord
from server.lib.fields import Shape


class PointOut(Shape):
    """A way to reach someone."""

    value: str
    label: str | None
    preferred: bool
    normalised: str | None = Field(
        description="E.164 phone or lower-case e-mail. Null: it cannot be read, or it is a phone"
        " number without a country code that could be of several countries."
    )
    source: str
    confirmed_at: datetime | None


class AddressOut(PointOut):
    """A postal address."""

    po_box: str | None
    extended: str | None
    street: str | None
    locality: str | None
    region: str | None
    postal_code: str | None
    country: str | None


class DateOut(Shape):
    """An important date; `year` is null when it is not known."""

    kind: DateKind
    label: str | None
    year: int | None
    month: int
    day: int


class Named(Shape):
    """One of the caller's groups or tags."""

    id: UUID
    name: str


class PlaceOut(Shape):
    """A place that a location may mean."""

    city: str
    region: str
    country: str = Field(description="ISO 3166 code.")
    zone: str


class ZoneQuestion(Shape):
    """Why the zone is not known; answer by sending `zone`."""

    reason: Literal["ambiguous", "unknown"]
    candidates: list[PlaceOut]


class PhotoOut(Shape):
    """A contact's photo; the picture is at `/api/contacts/{id}/photo`, a JPEG."""

    etag: str = Field(description="Another one for each picture: the ETag of its address.")
    width: int = Field(description="Pixels.", ge=1, le=1024)
    height: int = Field(description="Pixels.", ge=1, le=1024)
    updated_at: datetime


class ContactSummary(Shape):
    """A contact as lists have it; from `cadence` to `archived_at` it is the caller's own."""

    id: UUID
    user_id: UUID = Field(description="The author.")
    visibility: Visibility
    name: str
    nickname: str | None
    organisation: str | None
    title: str | None
    location: str | None
    zone: str | None
    zone_source: Literal["given", "inferred"] | None
    phones: list[PointOut]
    emails: list[PointOut]
    addresses: list[AddressOut]
    links: list[PointOut]
    socials: list[PointOut]
    dates: list[DateOut]
    cadence: CadenceWord | None
    cadence_days: int | None
    circle: Circle | None
    paused_until: datetime | None
    never_suggest: bool
    preferred_way: PreferredWay | None
    archived_at: datetime | None
    effective_cadence_days: int | None = Field(description="Null: never due.")
    cadence_source: CadenceSource
    last_contacted_at: datetime | None = Field(
        description="Last confirmed interaction of any member of the household."
    )
    due_on: date | None = Field(
        description="First day, in the caller's zone, on which a talk is due; null: never. A"
        " contact never talked to is due when added. Pauses and snoozes do not move it."
    )
    groups: list[Named]
    tags: list[Named]
    photo: PhotoOut | None
    source: str
    created_at: datetime
    updated_at: datetime
    version: int


class ContactWarning(Shape):
    """Something that a write did and the caller may not have meant; it was done all the same."""

    code: Literal["circle_over_limit"]
    field: str = Field(description="The field of the request that it is about.")
    message: str
    count: int = Field(description="People in the circle now.")
    limit: int = Field(description="People that it is meant for at most.")


class CircleOut(Shape):
    """One of the caller's circles and how full it is."""

    circle: Circle
    count: int = Field(description="Contacts in it, archived ones apart.", ge=0)
    limit: int = Field(description="Above it you are warned, never refused.")
    over_limit: bool


class CirclesOut(Shape):
    """The four circles, from the inmost."""

    items: list[CircleOut]
    next_cursor: str | None


class ContactOut(ContactSummary):
    """A contact with everything."""

    notes: str | None
    custom_fields: dict[str, str | bool | int | float]
    zone_question: ZoneQuestion | None = Field(
        description="Set while the location does not say which zone it is in."
    )
    warnings: list[ContactWarning] = Field(
        default=[],
        description="What a write did beyond what was asked for: `circle_over_limit` when it put"
        " the contact into a circle that has more people than it is meant for. Empty when read.",
    )


class ContactPage(Shape):
    """One page of contacts, by name."""

    items: list[ContactSummary]
    next_cursor: str | None
