"""/.well-known/security.txt: whom to tell of a weakness (RFC 9116)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

LIFE = timedelta(days=180)
"""The RFC wants less than a year; computed anew on each request, it never runs out."""


def security_txt(*, contact: str | None, base_url: str, now: datetime) -> str:
    """Return the file; `now` is aware UTC.

    Without a contact it names the mailbox that RFC 2142 gives every host for such news.
    """
    host = urlsplit(base_url).hostname
    expires = (now + LIFE).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    fields = {
        "Contact": contact or f"mailto:security@{host}",
        "Expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": "en",
        "Canonical": f"{base_url}/.well-known/security.txt",
    }
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items())
