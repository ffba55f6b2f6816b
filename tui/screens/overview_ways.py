"""Where a line of the overview leads: to the screen that shows its cause, or to all its words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.admin.schemas_expiries import ExpiryOut
    from server.admin.schemas_overview import NeedOut, OverviewCheckOut

# What the list is filtered by, so that what needs somebody is the first row.
_FILTERS = {
    "jobs_failed": "state:failed",
    "messages_unknown": "state:unknown",
    "messages_failed": "state:failed",
    "messages_late": "state:pending",
    "alerts": "action:alert",
    "security_alerts": "action:alert",
}
_HERE = "overview"
_LISTED = {"Jobs": "queues", "Messages": "messages", "Users": "users"}


@dataclass(frozen=True)
class Way:
    """Leads to the screen `section` under a filter; none: what the line is about is said whole."""

    title: str
    says: tuple[str, ...]
    section: str = ""
    filter: str = ""


def of_check(check: "OverviewCheckOut") -> Way:
    """Say all about a part, and what to do."""
    return Way(check.name, tuple(one for one in (check.detail, check.fix) if one))


def of_need(need: "NeedOut") -> Way:
    """Lead to what waits for the admin."""
    if need.screen == _HERE:
        return Way("Needs you", (need.sentence,))
    return Way("Needs you", (need.sentence,), need.screen, _FILTERS.get(need.code, ""))


def of_expiry(one: "ExpiryOut") -> Way:
    """Lead to what ends; of a key to those of its purpose."""
    says = tuple(said for said in (one.sentence, one.fix) if said)
    if one.screen == _HERE:
        return Way(one.name, says)
    return Way(one.name, says, one.screen, f"purpose:{one.name}" if one.kind == "key" else "")


def to_screen(name: str) -> Way:
    """Lead to the list of what is counted."""
    return Way(name, (), _LISTED[name])


def to_log(process: str) -> Way:
    """Lead to what a process wrote."""
    return Way(process, (), "logs", f"process:{process}")
