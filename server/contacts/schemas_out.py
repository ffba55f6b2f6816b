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
    normalised: str | None = Field(description="E.164 phone or lower-case e-mail, where readable.")
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
    source: str
    created_at: datetime
    updated_at: datetime
    version: int


class ContactOut(ContactSummary):
    """A contact with everything."""

    notes: str | None
    custom_fields: dict[str, str | bool | int | float]
    zone_question: ZoneQuestion | None = Field(
        description="Set while the location does not say which zone it is in."
    )


class ContactPage(Shape):
    """One page of contacts, by name."""

    items: list[ContactSummary]
    next_cursor: str | None
