"""Kinds of personal data, and why a column is left out of the export, in a person's words."""

from enum import StrEnum


class Personal(StrEnum):
    """What kind of data a table holds, in a person's words."""

    ACCOUNT = "account"
    SIGN_IN = "sign_in"
    CONTACTS = "contacts"
    IMPORTS = "imports"
    GROUPS = "groups_and_tags"
    TALKS = "talks"
    SUGGESTIONS = "suggestions"
    CALENDARS = "calendars"
    PREFERENCES = "preferences"
    FEEDS = "feeds"
    MESSAGES = "messages"
    AUDIT = "audit"
    SERVER = "server"


HEAD = "the same in every row: it stands once at the head of the export"
SECRET = "a hash or blind index of a secret: of no use to you, of some to a thief"  # noqa: S105
ACCESS = "opens your account at another service: who finds the file must not get in there"
DERIVED = "worked out from columns that are exported, so that searching is quick"
OURS = "bookkeeping of this server; it says nothing about you or your people"
OBJECT = "names or opens a stored photo; the photo itself is in the zip"
COPY = "a copy of a reply that you have had, kept 24 hours for retries"
NOBODY = "about the server as a whole, about nobody in particular"
KEYS = "a key of the server, wrapped by the master key: it never leaves the server"
CERTIFICATE = "kept after an erasure as its proof; it names ids and counts, and goes to who asked"
