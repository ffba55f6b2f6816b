"""What an admin reads of messages that are late: counts, codes and times."""

from collections.abc import Sequence

from server.alerts.rules_late import Late

SUBJECT = "CatchUp: messages do not leave"
_CHANNELS = {"sms": "SMS", "email": "e-mail", None: "not written"}


def body_of(late: Sequence[Late]) -> str:
    """Return the mail."""
    lines = [
        f"{one.messages} × {_CHANNELS[one.channel]}, {one.state}"
        f"{f' ({one.code})' if one.code else ''}, since {one.since:%Y-%m-%d %H:%M} UTC"
        for one in late
    ]
    head = "Digests or urgent messages are due, and no provider has accepted them:"
    more = "On the server, `catchup messages list` says more; `catchup doctor` asks the providers."
    once = "This is told once a day; `/health` says when it is over."
    return "\n".join([head, "", *lines, "", more, once, ""])


def sms_of(late: Sequence[Late]) -> str:
    """Return the SMS."""
    count = sum(one.messages for one in late)
    return f"CatchUp: {count} messages do not leave. On the server: catchup messages list"
