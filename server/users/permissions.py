"""What a caller may do. The values are the scopes of API tokens."""

from enum import StrEnum


class Permission(StrEnum):
    """One right; every route names one (users/guards.py)."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    # Its own, for it is the right to read everything else, and wants a fresh proof.
    ACCOUNT_EXPORT = "account:export"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    INTERACTIONS_READ = "interactions:read"
    INTERACTIONS_WRITE = "interactions:write"
    SUGGESTIONS_READ = "suggestions:read"
    SUGGESTIONS_WRITE = "suggestions:write"
    CALENDARS_READ = "calendars:read"
    CALENDARS_WRITE = "calendars:write"
    PREFERENCES_READ = "preferences:read"
    PREFERENCES_WRITE = "preferences:write"
    ADMIN_READ = "admin:read"
    ADMIN_WRITE = "admin:write"


ADMIN = frozenset({Permission.ADMIN_READ, Permission.ADMIN_WRITE})
MEMBER = frozenset(Permission) - ADMIN
# What a session of the box's own console may, by its scope: nobody's data, only the server.
CONSOLE = {"read": frozenset({Permission.ADMIN_READ}), "write": ADMIN}
# What no API token may: with it one could make wider tokens, change the password, end sessions, or
# take everything away at once.
NEVER_LENT = frozenset({Permission.ACCOUNT_WRITE, Permission.ACCOUNT_EXPORT})


def withheld_from(server_role: str, *, has_mfa: bool) -> frozenset[Permission]:
    """Return the rights of a role that wait until the session has shown a second factor."""
    return ADMIN & permissions_of(server_role) if not has_mfa else frozenset()


def permissions_of(server_role: str) -> frozenset[Permission]:
    """Return what a server role may do. An admin is a member, too."""
    return MEMBER | ADMIN if server_role == "admin" else MEMBER
