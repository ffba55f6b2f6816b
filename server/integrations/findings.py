"""What a look at a provider found, for `catchup doctor`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `fix` says what to do where it is not well. No secrets."""

    status: Literal["ok", "warn", "fail"]
    detail: str
    fix: str = ""


def ok(detail: str) -> Finding:
    """Return a good finding."""
    return Finding("ok", detail)


def fail(detail: str, fix: str) -> Finding:
    """Return a bad one."""
    return Finding("fail", detail, fix)
