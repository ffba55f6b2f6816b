"""Shapes of the group and tag routes."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool

from server.lib.cadence_fields import (
    CadenceDaysWish,
    CadenceFields,
    CadenceWish,
    CadenceWord,
)
from server.lib.fields import Length, Shape, Text, absent
from server.lib.paging import PageQuery
from server.lib.tag_names import MAX_LENGTH, clean_tag

MOST_MEMBERS_A_CALL = 1000

GroupName = Annotated[Text, Length(1, 100)]
TagName = Annotated[
    str,
    AfterValidator(clean_tag),
    Field(
        description="One to three words.",
        examples=["rock climbing"],
        json_schema_extra={"minLength": 1, "maxLength": MAX_LENGTH},
    ),
]


class GroupIn(CadenceFields):
    """A whole group; members without a cadence or circle of their own take its cadence."""

    name: GroupName = Field(examples=["Book club"])
    archived: StrictBool = Field(default=False, description="An archived group keeps its members.")


class GroupPatch(CadenceFields):
    """The fields to change."""

    name: GroupName = absent()
    cadence: CadenceWish = absent()
    cadence_days: CadenceDaysWish = absent()
    archived: StrictBool = absent()


class GroupListQuery(PageQuery):
    """Which groups."""

    archived: Literal["false", "true", "all"] = Field(
        default="false", description="`true` gives archived groups only."
    )


class GroupOut(Shape):
    """A group."""

    id: UUID
    name: str
    is_default: bool
    cadence: CadenceWord | None
    cadence_days: int | None
    promoted_from_tag_id: UUID | None = Field(description="The tag that it was made of.")
    archived_at: datetime | None
    member_count: int
    created_at: datetime
    version: int


class GroupPage(Shape):
    """One page of groups, by name."""

    items: list[GroupOut]
    next_cursor: str | None


class MembersIn(Shape):
    """Contacts to put into a group or to take out."""

    contact_ids: list[UUID] = Field(min_length=1, max_length=MOST_MEMBERS_A_CALL)


class MembersChanged(Shape):
    """How many memberships the call made or ended; the rest was so already."""

    changed: int


class TagIn(Shape):
    """A tag by its name."""

    name: TagName


class TagOut(Shape):
    """A tag."""

    id: UUID
    name: str
    contact_count: int
    created_at: datetime
    version: int


class TagPage(Shape):
    """One page of tags, by name."""

    items: list[TagOut]
    next_cursor: str | None


class ContactTagOut(Shape):
    """A tag on a contact."""

    id: UUID = Field(description="The tag's.")
    name: str
    source: Literal["manual", "voice_note", "reply", "import"]
    created_at: datetime = Field(description="When the contact got it.")


class ContactTagPage(Shape):
    """One page of a contact's tags, by name."""

    items: list[ContactTagOut]
    next_cursor: str | None
