"""What waits for somebody, decided from checks, counts and what ends soon; no I/O, no clock."""

from collections.abc import Sequence

from server.admin.schemas_expiries import ExpiryOut
from server.admin.schemas_overview import CountsOut, NeedOut, Screen, Severity
from server.health.checks import Check

_ORDER: tuple[Severity, ...] = ("fail", "warn", "info")
_SCREENS: dict[str, Screen] = {
    "schedules": "queues",
    "redis": "queues",
    "messages": "messages",
    "security": "audit",
    "memory": "logs",
}
# The counts say as much with a number, so that nothing is said twice.
_COUNTED = ("security",)


def needs(
    checks: Sequence[Check], counts: CountsOut | None, expiries: Sequence[ExpiryOut]
) -> list[NeedOut]:
    """Return what waits for somebody, the worst first."""
    found = [
        *(_of_check(check) for check in checks if check.status != "ok" and _is_told(check, counts)),
        *(_of_counts(counts) if counts else ()),
        *(_of_expiry(one) for one in expiries if one.status != "ok"),
    ]
    return sorted(found, key=lambda need: _ORDER.index(need.severity))


def _is_told(check: Check, counts: CountsOut | None) -> bool:
    return counts is None or check.name not in _COUNTED or not counts.alerts


def _of_check(check: Check) -> NeedOut:
    name = check.name.replace(" ", "_")
    return NeedOut(
        severity="fail" if check.status == "fail" else "warn",
        code=f"{name}_{check.reason}" if check.reason else name,
        sentence=f"{check.name}: {check.detail}. {check.fix}".rstrip(". ") + ".",
        screen=_SCREENS.get(check.name, "overview"),
        id=None,
    )


def _of_counts(counts: CountsOut) -> list[NeedOut]:
    found: list[tuple[int, Severity, str, str, Screen]] = [
        (
            counts.jobs.failed,
            "warn",
            "jobs_failed",
            "{} failed for good: look, then retry or forget.",
            "queues",
        ),
        (
            counts.messages.unknown,
            "warn",
            "messages_unknown",
            "{} perhaps sent: nobody can tell; look, then say whether to send again.",
            "messages",
        ),
        (
            counts.messages.failed,
            "info",
            "messages_failed",
            "{} failed: look why, then retry.",
            "messages",
        ),
        (counts.alerts, "warn", "alerts", "{} not acknowledged.", "audit"),
    ]
    nouns = {"jobs_failed": "job", "alerts": "alert"}
    return [
        NeedOut(
            severity=severity,
            code=code,
            sentence=sentence.format(_number(count, nouns.get(code, "message"))),
            screen=screen,
            id=None,
        )
        for count, severity, code, sentence, screen in found
        if count
    ]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _of_expiry(one: ExpiryOut) -> NeedOut:
    return NeedOut(
        severity="fail" if one.status == "fail" else "warn",
        code=f"{one.kind}_ends" if one.ends_at else one.kind,
        sentence=one.sentence,
        screen=one.screen,
        id=one.id,
    )
