"""One-time passwords by time (RFC 6238 over RFC 4226): HMAC-SHA1, 6 digits, 30 s; pure.

These three are the defaults of every authenticator app, some of which know no others.
"""

import base64
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
# Clocks differ, and typing takes a while: RFC 6238, 5.2 and 6.
STEPS_AROUND = 1
SECRET_BYTES = 20
ISSUER = "CatchUp"


def new_secret() -> str:
    """Return a new secret as base32 text: 160 bits, as RFC 4226 recommends."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """Return the code of a time step (Unix time divided by 30 s)."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def step_at(now: datetime) -> int:
    """Return the time step of an instant."""
    return int(now.timestamp()) // STEP_S


def matching_step(secret: str, code: str, *, now: datetime) -> int | None:
    """Return the time step around `now` that `code` is of, or None.

    The caller sees to it that no step is used twice.
    """
    middle = step_at(now)
    steps = range(middle - STEPS_AROUND, middle + STEPS_AROUND + 1)
    # All are compared, in constant time: how long it takes says nothing.
    fitting = [step for step in steps if hmac.compare_digest(code_at(secret, step), code)]
    return fitting[-1] if fitting else None


def otpauth_uri(secret: str, email: str) -> str:
    """Return the address that authenticator apps read from a QR code."""
    label = f"{ISSUER}:{quote(email, safe='')}"
    return (
        f"otpauth://totp/{label}?secret={secret}&issuer={ISSUER}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"
    )
