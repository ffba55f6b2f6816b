"""The message that a user may send to a contact after accepting: a draft, never sent by us."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from server.lib.intervals import Interval
from server.lib.languages.known import language_of
from server.lib.languages.language import BIRTHDAY, Language
from server.suggestions.reasons import Reason, ReasonCode
from server.suggestions.slots import Way

# Below three weeks "it has been a while" sounds like a reproach.
LONG_SILENCE_DAYS = 21


def draft_message(
    way: Way,
    name: str,
    nickname: str | None,
    slot: Interval,
    *,
    zone: ZoneInfo,
    contact_zone: ZoneInfo,
    reasons: Iterable[Reason],
    language: str = "en",
) -> str:
    """Return a short, warm message from the user to the contact, on one line.

    The time is told on the contact's clock, and on the user's (`zone`) too where they differ.
    The greeting uses the nickname, else the whole name: which word of a name is the given one
    differs between languages. A language without a text gets English.
    """
    spoken = language_of(language)
    texts = spoken.draft
    parts = (
        texts["hello"].format(name=" ".join((nickname or name).split())),
        texts[_opening(reasons)],
        texts[way.value].format(when=_when(slot, zone, contact_zone, spoken)),
        texts["close"],
    )
    return " ".join(parts)


def _when(slot: Interval, zone: ZoneInfo, contact_zone: ZoneInfo, language: Language) -> str:
    theirs, ours = slot.start.astimezone(contact_zone), slot.start.astimezone(zone)
    when = _moment(theirs, language)
    if theirs.utcoffset() == ours.utcoffset():
        return when
    own = f"{ours:%H:%M}" if ours.date() == theirs.date() else _moment(ours, language)
    return language.draft["two_clocks"].format(theirs=when, ours=own)


def _moment(local: datetime, language: Language) -> str:
    return language.spoken_moment(local.date(), f"{local:%H:%M}")


def _opening(reasons: Iterable[Reason]) -> str:
    by_code = {reason.code: reason.data for reason in reasons}
    date_near = by_code.get(ReasonCode.IMPORTANT_DATE)
    # Any other date may be a sad one, so it stays unsaid.
    if date_near is not None and date_near["label"] == BIRTHDAY:
        return "birthday"
    reached = by_code.get(ReasonCode.CADENCE_REACHED)
    if reached is not None and reached["days_since"] >= LONG_SILENCE_DAYS:
        return "silence"
    return "plain"
