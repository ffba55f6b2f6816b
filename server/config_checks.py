"""What a variable's value may be; each ValueError says what is expected."""

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

_DURATION = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)?")
# URLs of these may name a file or a socket instead of a host.
_WITHOUT_HOST = ("file", "unix", "postgresql", "postgres")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def duration_s(text: str) -> int:
    """Return the seconds in `7d`, `12h`, `15m`, `30s` or a bare number of seconds.

    Raises:
        ValueError: it is none of these, or zero.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError("a duration such as 7d, 12h, 15m or 900 (seconds)")
    return int(match[1]) * _UNIT_S[match[2] or "s"]


def a_duration(text: str) -> str:
    """Let a duration pass."""
    duration_s(text)
    return text


def hex_key(value: SecretStr | None) -> SecretStr | None:
    """Let a 256-bit key in hex pass."""
    if value is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", value.get_secret_value()):
        raise ValueError("64 hex digits (make them with: openssl rand -hex 32)")
    return value


def long_secret(value: SecretStr | None) -> SecretStr | None:
    """Let a secret pass that is too long to be guessed."""
    if value is not None and len(value.get_secret_value()) < 32:
        raise ValueError("at least 32 characters (make them with: openssl rand -hex 32)")
    return value


def a_url(*schemes: str) -> AfterValidator:
    """Return a check that lets URLs of these schemes pass, one or a list."""
    expected = "a URL that starts with " + " or ".join(
        f"{s}:///" if s == "file" else f"{s}://" for s in schemes
    )

    def check(value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        for item in texts:
            text = item.get_secret_value() if isinstance(item, SecretStr) else item
            if text is None:
                continue
            try:
                parts = urlsplit(text)
            except ValueError:
                raise ValueError(expected) from None
            if parts.scheme not in schemes or not text[len(parts.scheme) :].startswith("://"):
                raise ValueError(expected)
            if not (parts.netloc or (parts.scheme in _WITHOUT_HOST and parts.path.strip("/"))):
                raise ValueError(expected)
        return value

    return AfterValidator(check)


def comma_list(value: Any) -> Any:
    """Split a text at its commas; what is no text is left as it is."""
    return (
        [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, str)
        else value
    )


def exact_origins(values: list[str]) -> list[str]:
    """Let origins pass that are written as browsers send them."""
    expected = "exact origins such as https://app.example.org, separated by commas; never *"
    for value in values:
        try:
            parts = urlsplit(value)
            origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        except ValueError:
            raise ValueError(expected) from None
        # As browsers send it: in lower case, without a path or a last slash.
        if parts.scheme not in ("http", "https") or "*" in value or value != origin:
            raise ValueError(expected)
    return values


def a_contact(value: str | None) -> str | None:
    """Let what RFC 9116 takes for a contact pass."""
    if value is not None and not re.fullmatch(r"(mailto:[^@\s]+@|https://|tel:\+?)[!-~]+", value):
        raise ValueError("an address such as mailto:security@example.org or https://…")
    return value
