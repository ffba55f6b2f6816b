"""Rows and engine answers as replies; pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from server.keys.service import Box
from server.lib.clock import known_zone
from server.lib.intervals import Interval
from server.suggestions.days import local_day
from server.suggestions.drafts import draft_message
from server.suggestions.generation import Answer
from server.suggestions.reasons import Reason
from server.suggestions.rules import due_on
from server.suggestions.schemas import BlockerOut, ContactRef, ReasonOut, SuggestionOut, WhyOut
from server.suggestions.scoring import score
from server.suggestions.sentences import blocker_sentence, sentence
from server.suggestions.slots import Way

_UTC = ZoneInfo("UTC")
_STORED = (
    "id", "trigger", "kind", "state", "way", "slot_start", "slot_end", "slot_zone", "score",
    "snoozed_until", "dismissed_reason", "interaction_id", "created_at", "updated_at", "version",
)  # fmt: skip


def suggestion_out(row: Mapping[str, Any], box: Box, now: datetime) -> SuggestionOut:
    """Return a suggestion as members see it; the sentences speak of the reader's today."""
    zone = known_zone(row["user_zone"]) or _UTC
    contacts = [ContactRef.model_validate(contact) for contact in row["contacts"]]
    name = contacts[0].nickname or contacts[0].name
    reasons = [Reason.from_json(stored) for stored in row["reasons"]]
    return SuggestionOut(
        **{column: row[column] for column in _STORED},
        dismissed_note=box.open_if(
            "suggestions", "dismissed_note", row["id"], row["dismissed_note"]
        ),
        contacts=contacts,
        reasons=[reason_out(reason, name, now, zone) for reason in reasons],
    )


def draft_of(row: Mapping[str, Any]) -> str:
    """Return the message that a user may send to the contact of an accepted suggestion."""
    contact = row["contacts"][0]
    zone = known_zone(row["user_zone"]) or _UTC
    return draft_message(
        Way(row["way"]),
        contact["name"],
        contact["nickname"],
        Interval(row["slot_start"], row["slot_end"]),
        zone=zone,
        contact_zone=known_zone(contact["zone"]) or zone,
        reasons=[Reason.from_json(stored) for stored in row["reasons"]],
        language=row["language"],
    )


def reason_out(reason: Reason, name: str, now: datetime, zone: ZoneInfo) -> ReasonOut:
    """Return a stored reason with its sentence."""
    return ReasonOut(
        code=reason.code.value,
        weight=reason.weight,
        data=dict(reason.data),
        as_of=reason.as_of,
        text=sentence(reason, name, local_day(now, zone)),
    )


def why_out(answer: Answer, suggestion_id: UUID | None, now: datetime) -> WhyOut:
    """Return the engine's answer about one contact."""
    zone, candidate = answer.member.zone, answer.candidate
    name = answer.facts["nickname"] or answer.facts["name"]
    today = local_day(now, zone)
    if answer.would_be is not None:
        reasons = answer.would_be.reasons
    else:
        reasons = score(candidate, now, zone).reasons if _is_prompted(answer) else ()
    return WhyOut(
        contact_id=candidate.contact_id,
        would_be_suggested=answer.would_be is not None,
        blockers=[
            BlockerOut(
                code=blocker.code.value,
                data=dict(blocker.data),
                text=blocker_sentence(blocker, name, today),
            )
            for blocker in answer.blockers
        ],
        reasons=[reason_out(reason, name, now, zone) for reason in reasons],
        suggestion_id=suggestion_id,
        due_on=due_on(candidate, zone),
        last_contacted_at=candidate.last_confirmed_at,
        cadence_days=candidate.cadence.days,
        cadence_source=candidate.cadence.source.value,
        slot_start=answer.would_be.slot.start if answer.would_be else None,
        slot_end=answer.would_be.slot.end if answer.would_be else None,
    )


def _is_prompted(answer: Answer) -> bool:
    """Something speaks for the contact, though something else is in the way."""
    return not {"not_due", "cadence_none"} & {blocker.code.value for blocker in answer.blockers}
