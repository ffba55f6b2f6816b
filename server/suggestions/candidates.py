"""What the engine knows of one contact, as one user sees it: facts only, no decisions."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from server.lib.cadence import Cadence
from server.suggestions.states import DismissReason, State


class PreferredWay(StrEnum):
    """How the user likes to see a contact (contact settings)."""

    IN_PERSON = "in_person"
    REMOTE = "remote"


@dataclass(frozen=True, slots=True)
class ImportantDate:
    """A date that comes back every year.

    `label` is `birthday`, the user's word, or for lack of one the kind (`anniversary`, `other`).
    29 February counts as the 28th in other years. With a `year` it never comes before that year.
    """

    label: str
    month: int
    day: int
    year: int | None = None


@dataclass(frozen=True, slots=True)
class SharedTag:
    """A tag of the contact that something else of the user's bears too, and when that was seen."""

    name: str
    seen_on: date


@dataclass(frozen=True, slots=True)
class Answer:
    """What the user said to an earlier suggestion of this contact.

    `dismissed` is None when it was accepted, whatever came of it. `about_on` is the important
    date that the suggestion named, so that one birthday prompts once.
    """

    at: datetime
    dismissed: DismissReason | None = None
    about_on: date | None = None


@dataclass(frozen=True, slots=True)
class OpenSuggestion:
    """The one open suggestion a contact may have in the household, perhaps another member's."""

    state: State
    is_own: bool
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One contact of one user; times are aware UTC.

    `talks` are the last few confirmed interactions in any order, enough to see a rhythm (6).
    `group_names` are the user's unarchived groups. `answers` are this user's, newest 90 days.
    `has_place` says that a location is noted, even one whose zone is not known;
    `same_city` is None when either place is unknown.
    """

    contact_id: UUID
    cadence: Cadence
    added_at: datetime
    last_confirmed_at: datetime | None = None
    planned_at: datetime | None = None
    talks: tuple[datetime, ...] = ()
    archived: bool = False
    paused_until: datetime | None = None
    never_suggest: bool = False
    open: OpenSuggestion | None = None
    circle: str | None = None
    group_names: tuple[str, ...] = ()
    shared_tags: tuple[SharedTag, ...] = ()
    dates: tuple[ImportantDate, ...] = ()
    answers: tuple[Answer, ...] = ()
    zone: ZoneInfo | None = None
    has_place: bool = False
    same_city: bool | None = None
    preferred_way: PreferredWay | None = None
