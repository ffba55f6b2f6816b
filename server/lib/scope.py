"""Whose data a statement may touch."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Scope:
    """One user in one household; the first argument of every query on member data.

    A row is readable when its household matches and it is either shared with the household
    or written by this user.
    """

    household_id: UUID
    user_id: UUID
