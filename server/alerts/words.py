"""What an admin reads of an alert: ids and counts, nobody's name, address or contacts."""

from server.alerts.rules import Alert, AlertKind

_SENTENCES = {
    AlertKind.NEW_DEVICE: "Somebody signed in from a device that this user never used before.",
    AlertKind.MANY_FAILURES: "Many attempts to sign in have failed within an hour.",
    AlertKind.MASS_EXPORT: "Many contacts were exported within an hour.",
    AlertKind.MASS_DELETION: "Many contacts were deleted within an hour.",
    AlertKind.REFRESH_REUSED: "A refresh token was used twice: somebody else may hold a copy."
    " Its session has ended.",
    AlertKind.AUDIT_BROKEN: "The audit trail is not as it was written.",
}


def sentence_of(kind: AlertKind) -> str:
    """Return what a kind of alert means."""
    return _SENTENCES[kind]


def subject_of(alert: Alert) -> str:
    """Return the subject line."""
    return f"CatchUp security alert: {alert.kind.replace('_', ' ')}"


def body_of(alert: Alert) -> str:
    """Return the message."""
    lines = [sentence_of(alert.kind), "", f"When: {alert.at:%Y-%m-%d %H:%M} UTC"]
    if alert.user_id:
        lines.append(f"User: {alert.user_id}")
    lines += [f"{name.capitalize()}: {value}" for name, value in alert.details.items()]
    command = "verify" if alert.kind is AlertKind.AUDIT_BROKEN else "list --action alert"
    return "\n".join([*lines, "", f"On the server, `catchup audit {command}` says more.", ""])
