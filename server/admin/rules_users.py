"""What an act on a user would touch, and why it would be refused (pure)."""

from collections.abc import Callable, Mapping
from typing import Any

from server.admin.schemas_users import Act, UserState

Facts = Mapping[str, Any]
"""A user's row of queries_users.find_user."""

REFUSALS = {
    "already_disabled": "Nobody can sign in as them already.",
    "not_disabled": "They can sign in already.",
    "account_closed": "The account is closed: restore it instead.",
    "already_closed": "The account is closed already.",
    "not_closed": "The account is not closed.",
    "user_disabled": "Nobody can sign in as them: enable or restore them first.",
    "last_admin": "They are the only admin: make somebody else one first.",
}


def state_of(user: Facts) -> UserState:
    """Return whether somebody may sign in as a user, and if not, why."""
    if user["erased_from"] is not None:
        return "closed"
    return "active" if user["disabled_at"] is None else "disabled"


def refusal(act: Act, user: Facts, *, role: str | None) -> str | None:
    """Return the code with which an act would be refused; None: it would be done."""
    state = state_of(user)
    is_last_admin = (
        user["server_role"] == "admin" and state == "active" and not user["other_admins"]
    )
    if act == "disable":
        return "already_disabled" if state != "active" else _if(is_last_admin, "last_admin")
    if act == "enable":
        return {"active": "not_disabled", "closed": "account_closed"}.get(state)
    if act == "role":
        return _if(is_last_admin and role == "member", "last_admin")
    if act == "reset-password":
        return _if(state != "active", "user_disabled")
    if act == "erase":
        if state == "closed":
            return "already_closed"
        return _if(is_last_admin and user["others"] > 0, "last_admin")
    if act == "restore":
        return _if(state != "closed", "not_closed")
    return None


def touches(act: Act, user: Facts, *, role: str | None, rows: Mapping[str, int]) -> dict[str, int]:
    """Return what an act would change, counted; `rows`: what of each table is the user's."""
    found: dict[str, int] = {}
    if act in ("disable", "reset-mfa", "end-sessions", "erase"):
        found["sessions_ended"] = user["sessions"]
    if act == "reset-mfa":
        found["factors_removed"] = int(user["has_mfa"])
        found["recovery_codes_removed"] = user["recovery_codes_left"]
    if act in ("disable", "enable", "erase", "restore"):
        found["api_tokens"] = user["api_tokens"]
    if act == "role":
        found["role_changed"] = int(role not in (None, user["server_role"]))
    if act in ("export", "erase"):
        found["rows"] = sum(rows.values())
        found["contacts"] = rows.get("contacts", 0)
    return found


_SENTENCES: dict[Act, Callable[[Mapping[str, int]], str]] = {
    "disable": lambda n: (
        f"{_count(n['sessions_ended'], 'session')} of theirs end; nobody can sign in as them, and"
        f" {_count(n['api_tokens'], 'API token')} of theirs open nothing, until they are enabled."
    ),
    "enable": lambda n: (
        f"They can sign in again; {_count(n['api_tokens'], 'API token')} of theirs work again."
    ),
    "role": lambda n: (
        "Their rights change within 5 s." if n["role_changed"] else "They have that role already."
    ),
    "reset-password": lambda _: (
        "A link for a new password is made, good once within an hour. Until it is used nothing"
        " changes; then their sessions, API tokens and invitations end."
    ),
    "reset-mfa": lambda n: (
        f"{_count(n['sessions_ended'], 'session')} of theirs end; the password alone signs in."
        if n["factors_removed"]
        else f"They have no second factor; {_count(n['sessions_ended'], 'session')} of theirs end."
    ),
    "end-sessions": lambda n: f"{_count(n['sessions_ended'], 'session')} of theirs end.",
    "export": lambda n: (
        f"{_count(n['rows'], 'row')} of theirs leave the server decrypted; the trail says so."
    ),
    "erase": lambda n: (
        f"{_count(n['sessions_ended'], 'session')} of theirs end at once;"
        f" {_count(n['rows'], 'row')} are erased when the time of grace is over."
    ),
    "restore": lambda _: "The account is not erased, and they can sign in as before.",
}


def sentence(act: Act, touched: Mapping[str, int], code: str | None) -> str:
    """Say what an act would do, or why it would be refused."""
    return REFUSALS[code] if code else _SENTENCES[act](touched)


def _if(condition: bool, code: str) -> str | None:
    return code if condition else None


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
