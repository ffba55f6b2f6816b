"""Rows of a pass as the engine's own types; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from server.lib.availability import Availability, availability_of
from server.lib.cadence import resolve_cadence, wished_days
from server.lib.clock import known_zone
from server.lib.intervals import Interval
from server.suggestions.candidates import (
    Answer,
    Candidate,
    ImportantDate,
    OpenSuggestion,
    PreferredWay,
    SharedTag,
)
from server.suggestions.days import local_day
from server.suggestions.engine import DEFAULT_MAX_OPEN
from server.suggestions.rules import same_city
from server.suggestions.states import OPEN_STATES, DismissReason, State

Facts = Mapping[str, Any]
"""One row of queries_pass, by column name."""


@dataclass(slots=True)
class Member:
    """One user of a pass, and what is known around them."""

    household_id: UUID
    user_id: UUID
    zone: ZoneInfo
    place: str | None
    max_open: int
    availability: Availability
    open_count: int = 0
    taken: list[Interval] = field(default_factory=list)
    woken: list[Facts] = field(default_factory=list)
    pending: list[Facts] = field(default_factory=list)
    answers: dict[UUID, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    open: dict[UUID, OpenSuggestion] = field(default_factory=dict)
    contacts: list[Facts] = field(default_factory=list)

    def candidate(self, row: Facts) -> Candidate:
        """Return what the engine knows of one contact."""
        return Candidate(
            contact_id=row["contact_id"],
            cadence=resolve_cadence(
                wished_days(row["cadence"], row["cadence_days"]), row["circle"], _group_days(row)
            ),
            added_at=row["added_at"],
            last_confirmed_at=row["last_at"],
            planned_at=row["next_at"],
            talks=tuple(row["recent"] or ()),
            archived=row["archived_at"] is not None,
            paused_until=row["paused_until"],
            never_suggest=bool(row["never_suggest"]),
            open=self.open.get(row["contact_id"]),
            circle=row["circle"],
            group_names=tuple(row["group_names"] or ()),
            shared_tags=_tags(row, self.zone),
            dates=_dates(row),
            answers=tuple(self.answers.get(row["contact_id"], ())),
            zone=known_zone(row["zone"]),
            has_place=bool(row["location"]),
            same_city=same_city(self.place, row["location"]),
            preferred_way=PreferredWay(row["preferred_way"]) if row["preferred_way"] else None,
        )


def members(
    users: Iterable[Facts], contacts: Iterable[Facts], suggested: Iterable[Facts], now: datetime
) -> list[Member]:
    """Put the rows of a pass together, user by user."""
    found = {
        row["user_id"]: Member(
            row["household_id"],
            row["user_id"],
            known_zone(row["zone"]) or ZoneInfo("UTC"),
            row["place"],
            DEFAULT_MAX_OPEN if row["max_open"] is None else row["max_open"],
            availability_of(row if row["is_set"] else None),
        )
        for row in users
    }
    by_household: dict[UUID, list[Member]] = defaultdict(list)
    for member in found.values():
        by_household[member.household_id].append(member)
    for row in contacts:
        if row["user_id"] in found:
            found[row["user_id"]].contacts.append(row)
    for row in suggested:
        for member in by_household[row["household_id"]]:
            _add_suggested(member, row, now)
    return list(found.values())


def _add_suggested(member: Member, row: Facts, now: datetime) -> None:
    is_own = row["user_id"] == member.user_id
    state = State(row["state"])
    if state in OPEN_STATES:
        for contact_id in row["contact_ids"]:
            member.open[contact_id] = OpenSuggestion(state, is_own, row["snoozed_until"])
        if is_own:
            member.open_count += 1
            if row["slot_start"] is not None:
                member.taken.append(Interval(row["slot_start"], row["slot_end"]))
            if state is State.PENDING:
                member.pending.append(row)
            if state is State.SNOOZED and row["snoozed_until"] <= now:
                member.woken.append(row)
    elif is_own:
        dismissed = DismissReason(row["dismissed_reason"]) if row["dismissed_reason"] else None
        for contact_id in row["contact_ids"]:
            member.answers[contact_id].append(Answer(row["at"], dismissed, row["about_on"]))


def _group_days(row: Facts) -> list[tuple[str, int | None]]:
    return [
        (name, wished_days(cadence, days))
        for name, cadence, days in zip(
            row["group_names"] or (),
            row["group_cadences"] or (),
            row["group_cadence_days"] or (),
            strict=True,
        )
    ]


def _tags(row: Facts, zone: ZoneInfo) -> tuple[SharedTag, ...]:
    if not row["tag_names"]:
        return ()
    pairs = zip(row["tag_names"], row["tags_seen_at"], strict=True)
    return tuple(SharedTag(name, local_day(seen, zone)) for name, seen in pairs)


def _dates(row: Facts) -> tuple[ImportantDate, ...]:
    if not row["date_labels"]:
        return ()
    columns = ("date_kinds", "date_labels", "date_months", "date_days", "date_years")
    return tuple(
        ImportantDate("birthday" if kind == "birthday" else label, month, day, year)
        for kind, label, month, day, year in zip(*(row[name] for name in columns), strict=True)
    )
