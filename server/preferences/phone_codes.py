"""Codes that prove who holds a phone; pure but for the randomness of `new_code`."""

import secrets
from datetime import timedelta

DIGITS = 6
LIFE = timedelta(minutes=10)
MOST_TRIES = 5
"""Of one code; five codes an hour make 25 guesses among a million."""
MOST_CODES = 5
HOUR = timedelta(hours=1)

TEXT = "{code} is your CatchUp code. It is valid for 10 minutes. Tell it to nobody."
SUBJECT = "Your CatchUp code"
MOVED_SUBJECT = "Your phone is not yours on CatchUp any more"
MOVED = """Somebody else has just shown that your phone's number is theirs now: they typed in a \
code that we sent to it.

CatchUp sends you no more SMS, and takes none from that number for yours. Your e-mail stays as it \
is.

If you still have the number, verify it again in your preferences.
"""


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
