"""What each kind of data is, how long it stays and who gets it, in words for its owner."""

from dataclasses import dataclass

from server.account.kinds import Personal
from server.config import Settings


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data: what it is, and how long it is kept.

    `setting` names the setting that says for how many days, counted from what `kept` says.
    """

    what: str
    kept: str
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody outside this server who gets data: who, what and why; when it is switched on."""

    name: str
    gets: str
    why: str
    settings: tuple[str, ...]


_YOURS = "until you delete it or close your account"

KINDS: dict[Personal, Kind] = {
    Personal.ACCOUNT: Kind(
        "Your e-mail address, name, place, time zone, language and phone number; the hash of your"
        " password; the name of your household.",
        "until you close your account",
    ),
    Personal.SIGN_IN: Kind(
        "Where and when you signed in: device, network address, times; your API tokens, recovery"
        " codes and invitations, as hashes; the secret of your authenticator app, encrypted.",
        "after they ended",
        "retention_sessions_days",
    ),
    Personal.CONTACTS: Kind(
        "The people you keep in touch with: names, numbers, addresses, dates, notes, photos, and"
        " how often you want to hear from them.",
        _YOURS,
    ),
    Personal.IMPORTS: Kind(
        "What files you imported and what became of each entry.",
        "the lines, after the import; its counts until you close your account",
        "retention_imports_days",
    ),
    Personal.GROUPS: Kind("Your groups and tags, and who is in them.", _YOURS),
    Personal.TALKS: Kind("When you talked to whom, and your notes about it.", _YOURS),
    Personal.SUGGESTIONS: Kind(
        "Whom we proposed to you, when and why, and what you answered.",
        "after they ended",
        "retention_suggestions_days",
    ),
    Personal.CALENDARS: Kind(
        "The calendars that you gave us: their links, events, titles, places and attendees. Single"
        " occurrences are kept for 31 days back.",
        _YOURS,
    ),
    Personal.PREFERENCES: Kind("When you are free, and how you want to hear from us.", _YOURS),
    Personal.FEEDS: Kind(
        "The calendar feeds that you publish; their addresses as hashes.",
        "after they were revoked",
        "retention_sessions_days",
    ),
    Personal.MESSAGES: Kind(
        "Messages that we sent you, and your replies.",
        "after they were sent or received",
        "retention_messages_days",
    ),
    Personal.AUDIT: Kind(
        "What was done with your account: sign-ins, exports, keys, erasure; no contents. Entries"
        " outlive the account without your address.",
        "for as long as the operator keeps the audit trail",
    ),
    Personal.SERVER: Kind(
        "Keys, schedules, failed jobs, counts: about the server, with ids at most.",
        "failed jobs, after they failed; the rest for good",
        "retention_jobs_days",
    ),
}

RECIPIENTS = (
    Recipient(
        "Twilio",
        "your phone number and the text of messages to you",
        "to send you SMS and get your replies",
        ("twilio_account_sid",),
    ),
    Recipient(
        "SendGrid",
        "your e-mail address and the text of messages to you",
        "to send you e-mail and get your replies",
        ("sendgrid_api_key",),
    ),
    Recipient(
        "The operator's mail server",
        "your e-mail address and the text of messages to you",
        "to send you e-mail",
        ("smtp_url",),
    ),
    Recipient(
        "Google",
        "that you use this server; it gives us your calendars or contacts, and gets none",
        "to read what you connect",
        ("google_client_id",),
    ),
    Recipient(
        "The AI service of the operator's choice (OPENAI_BASE_URL, else OpenAI)",
        "your voice notes, and replies that are no plain command",
        "to write down what you said and propose changes",
        ("openai_api_key", "openai_base_url", "openai_transcription_base_url"),
    ),
    Recipient(
        "The store of photos and recordings",
        "photos and recordings, encrypted; it cannot read them",
        "to keep them",
        ("storage_url",),
    ),
    Recipient(
        "The store of backups",
        "everything, encrypted; it cannot read it",
        "to survive the loss of this server",
        ("backup_url",),
    ),
    Recipient(
        "Sentry",
        "where in the program an error happened; nothing of yours",
        "to find mistakes in the program",
        ("sentry_dsn",),
    ),
)
ALWAYS = (
    Recipient(
        "Servers of calendar links that you gave us",
        "that this server asks for the link",
        "to read those calendars",
        (),
    ),
)

RIGHTS = (
    "See and take everything that is yours: GET /api/account/export.",
    "Correct it: every object can be changed where it is shown; yourself at PATCH /api/auth/me.",
    (
        "Be forgotten: DELETE /api/account. What you share with your household is handed over to"
        " another member, or erased with the rest, as you say."
    ),
    (
        "An admin of this server reads none of your contacts, notes, talks or calendars by any part"
        " of this API."
    ),
    "No cookies are set, and nothing is sold or used for advertising.",
)


def days_of(kind: Kind, settings: Settings) -> int | None:
    """Return for how many days a kind is kept after `kept`; None: no number says so."""
    return None if kind.setting is None else int(getattr(settings, kind.setting))


def is_active(recipient: Recipient, settings: Settings) -> bool:
    """Say whether the operator has switched a recipient on; a folder on this server is none."""
    found = [str(value) for name in recipient.settings if (value := getattr(settings, name))]
    return not recipient.settings or any(not value.startswith("file:") for value in found)
