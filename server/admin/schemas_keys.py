"""Shapes of the keys' routes. They are about keys only: none holds, or names, a secret."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from server.keys.classes import DataClass
from server.lib.fields import Shape
from server.lib.paging import Age, ShortListQuery

Purpose = Literal["master", "data", "index", "jwt", "audit", "mac"]
KeyState = Literal["readable", "active", "retiring", "retired", "revoked"]


class KeysQuery(ShortListQuery):
    """Which keys to list."""

    purpose: Purpose | None = None
    state: KeyState | None = None
    sort: Age = "oldest"


class KeyOut(Shape):
    """A key, without its material."""

    id: UUID
    purpose: Purpose
    household_id: UUID | None = Field(description="Whose data it encrypts; null: the server's own.")
    data_class: str | None
    key_version: int
    state: KeyState = Field(
        description="`readable` keys will write, `active` ones do, `retiring` ones are only read."
    )
    created_at: datetime
    retiring_at: datetime | None
    needed_until: datetime | None = Field(
        description="Of a signing or mac key: when the last thing that it signed has expired."
    )
    retired_at: datetime | None
    is_archived: bool = Field(description="A kept archive cannot be opened without it.")


class KeyPage(Shape):
    """One page of keys, by age."""

    items: list[KeyOut]
    next_cursor: str | None


class RotateIn(Shape):
    """What to rotate; the master key is rotated at the console (`catchup keys rotate master`)."""

    purpose: Literal["data", "index", "jwt", "audit", "mac"]
    data_class: DataClass | None = Field(
        default=None, description="Of `data`: only keys of this class."
    )


class RotationOut(Shape):
    """A rotation and how far it is."""

    id: UUID
    purpose: Literal["data", "index", "jwt", "audit", "mac"]
    household_id: UUID | None
    data_class: str | None
    state: Literal["readable", "rewriting", "waiting", "clearing", "done"] = Field(
        description="`readable`: until every process knows the new keys; `rewriting`: values;"
        " `waiting`: until nobody can write with the old ones, then all is counted."
    )
    values_done: int
    values_total: int = Field(description="As counted at the beginning.")
    share: float = Field(description="Of the values, 0 to 1.")
    unreadable: int = Field(description="Values that do not open; their keys do not retire.")
    started_at: datetime
    finished_at: datetime | None


class RotationPage(Shape):
    """One page of rotations, oldest first."""

    items: list[RotationOut]
    next_cursor: str | None
