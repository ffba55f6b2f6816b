"""Stored reasons and blockers in plain words: what was seen, never a grade or a score.

The words themselves stand in server/lib/languages, a file for each language.
"""

from collections.abc import Iterable
from datetime import date

from server.lib.languages.en import ENGLISH
from server.lib.languages.language import Language
from server.suggestions.reasons import Blocker, Reason


def sentences(
    reasons: Iterable[Reason], name: str, today: date, language: Language = ENGLISH
) -> list[str]:
    """Return one sentence for each reason, in order; `name` is what the user calls the contact.

    `today` is the reader's: a suggestion that is a few days old says today's number of days.
    """
    return [sentence(reason, name, today, language) for reason in reasons]


def sentence(reason: Reason, name: str, today: date, language: Language = ENGLISH) -> str:
    """Say one stored reason in words."""
    return language.reason(reason.code, reason.data, name, today)


def blocker_sentence(blocker: Blocker, name: str, today: date, language: Language = ENGLISH) -> str:
    """Say why a contact is not suggested."""
    return language.blocker(blocker.code, blocker.data, name, today)
