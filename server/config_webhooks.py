"""Settings of webhooks: secrets and keys of which there may be two while one is changed."""

import base64
import re

from pydantic import SecretStr

from server.config_checks import comma_list

# Every P-256 key in DER (RFC 5480) begins with these bytes; its point follows.
_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_P256_BYTES = len(_P256) + 64


def split_secrets(value: SecretStr | None) -> list[str]:
    """Return the secrets of a variable that takes several, separated by commas."""
    return split_keys(value.get_secret_value() if value is not None else None)


def split_keys(value: str | None) -> list[str]:
    """Return the keys of a variable that takes several, separated by commas."""
    found: list[str] = comma_list(value or "")
    return found


def checked_secrets(value: SecretStr | None) -> SecretStr | None:
    """Let secrets pass that are long, and need no escapes in an address."""
    for secret in split_secrets(value):
        if not re.fullmatch(r"[A-Za-z0-9._~-]{32,}", secret):
            raise ValueError(
                "at least 32 letters, digits or ._~- (make them with: openssl rand -hex 32)"
            )
    return value


def checked_public_keys(value: str | None) -> str | None:
    """Let P-256 keys pass as SendGrid shows them: base64 of DER."""
    for key in split_keys(value):
        try:
            der = base64.b64decode(key, validate=True)
        except ValueError:
            der = b""
        if not der.startswith(_P256) or len(der) != _P256_BYTES:
            raise ValueError("the verification key that SendGrid shows, beginning with MFkw")
    return value


def checked_mailbox(value: str | None) -> str | None:
    """Let an address pass to whose user part our +part can be added.

    That part may have 64 characters (RFC 5321), 43 of which are ours.
    """
    if value is not None and not re.fullmatch(
        r"[a-z0-9._-]{1,21}@[a-z0-9-]+(\.[a-z0-9-]+)+", value
    ):
        raise ValueError(
            "an address in lower case such as reply@in.example.org, at most 21 characters before @"
        )
    return value
