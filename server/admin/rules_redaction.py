"""What a support bundle may say: known words and numbers pass, all else is left out. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "(hidden)"
LONGEST = 200
# The fields of our own log lines that say what happened, not to whom.
FIELDS = frozenset(
    {
        "method", "route", "status", "function", "attempt", "error", "where", "elapsed_ms",
        "kind", "channel", "provider", "outcome", "messages", "schedule", "code", "step",
    }
)  # fmt: skip
_EVENT = re.compile(r"[a-z][a-z_]*(\.[a-z_]+)*")
_WORD = re.compile(r"[\w./:<>=, -]{1,200}", re.ASCII)
_PATTERNS = (
    re.compile(r"[\w.+%-]+@[\w.-]+", re.UNICODE),  # e-mail
    re.compile(r"\w+://\S+"),  # addresses may carry a login
    re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{18,}\b"),  # ids of people's things
    re.compile(r"(?<![\w.])\+?\d[\d ()/-]{6,}\d(?![\w.])"),  # phone
    re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{1,4}:){3,}[0-9a-fA-F:]*"),  # address
    re.compile(r"(?:/home/|/Users/|/root\b)\S*"),  # names a person of the machine
    re.compile(r"\b(?=\w*\d)[\w-]{16,}\b"),  # tokens, hashes, keys
)
SHORTEST_KNOWN = 3


class Redaction:
    """Hides what must not leave: `known` are texts to be hidden wherever they stand."""

    def __init__(self, known: Iterable[str]) -> None:
        words = sorted({one for one in known if len(one) >= SHORTEST_KNOWN}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, words)), re.IGNORECASE) if words else None

    def text(self, text: str) -> str:
        """Return a sentence of ours with all hidden that might be somebody's."""
        if self._known:
            text = self._known.sub(HIDDEN, text)
        for pattern in _PATTERNS:
            text = pattern.sub(HIDDEN, text)
        return text[:LONGEST]

    def line(self, event: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return a line of the log with our own events and known fields only."""
        shown = {
            name: self._value(value) for name, value in sorted(fields.items()) if name in FIELDS
        }
        return {"event": event if _EVENT.fullmatch(event) else HIDDEN, **shown}

    def _value(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, list):
            return [self._value(one) for one in value[:20]]
        text = str(value)
        return self.text(text) if _WORD.fullmatch(text) else HIDDEN
