"""How far one call to a provider got: what decides between `Refused` and `Unclear`."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

UNREACHABLE = "unreachable"
"""No connection, or none that could be trusted: nothing was handed over."""
LINE_DROPPED = "line_dropped"
TIMED_OUT = "timed_out"
GARBAGE = "garbage"
UNSENDABLE = "unsendable"
"""Our own message cannot be written the provider's way."""


@dataclass(slots=True)
class Reply:
    """What a provider answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def body(self) -> dict[str, Any] | None:
        """The JSON object that it is; None when it is anything else."""
        try:
            body = json.loads(self.text)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None


@dataclass(slots=True)
class Call:
    """One call: whether its first byte has gone out, and the reply, if one came."""

    has_begun: bool = False
    reply: Reply | None = field(default=None)


_now: ContextVar[Call] = ContextVar("call")


@contextmanager
def calling() -> Iterator[Call]:
    """Watch the calls that are made inside, the last of which counts."""
    call = Call()
    token = _now.set(call)
    try:
        yield call
    finally:
        _now.reset(token)


def begin() -> None:
    """Note that the request has begun to go out: from here on it may have arrived."""
    if call := _now.get(None):
        call.has_begun = True


def answered(reply: Reply) -> None:
    """Note the reply."""
    if call := _now.get(None):
        call.reply = reply
