"""Twilio's error codes and states as outcomes. Pure.

Source: https://www.twilio.com/docs/api/errors and the Message resource's states.
"""

from typing import Literal

# Will be refused for ever: the number, the text, or the person's own STOP.
PERMANENT = frozenset(
    {
        21211,  # `To` is no phone number
        21214,  # `To` cannot be reached
        21217,  # `To` is no phone number
        21265,  # `To` is a short code
        21602,  # no text
        21604,  # no recipient
        21610,  # the person answered STOP to this sender
        21612,  # no way from this sender to this number
        21614,  # a landline
        21617,  # longer than 1,600 characters
        21635,  # a landline
        30004,  # the person blocks messages
        30005,  # the number does not exist
        30006,  # a landline, or a carrier that takes none
        30007,  # the carrier filters it
    }
)
# What the admin mends (credentials, sender, account, money, registration) or time does.
TEMPORARY = frozenset(
    {
        20003,  # wrong token
        20005,  # account not active
        20404,  # no such account or service
        20429,  # too many requests
        20500,  # their fault
        20503,  # their fault
        21212,  # the sender is wrong
        21266,  # sender and recipient are the same
        21408,  # that country is not enabled
        21601,  # the sender cannot send SMS
        21603,  # no sender
        21606,  # the sender is not the account's
        21608,  # a trial account sends to verified numbers only
        21609,  # the status address is wrong: PUBLIC_URL
        21611,  # the sender's queue is full
        21659,  # the sender is not the account's
        21701,  # no such messaging service
        21703,  # the messaging service has no sender
        30001,  # queue full
        30002,  # account suspended
        30003,  # the handset is off or out of reach
        30008,  # unknown
        30010,  # price above the limit
        30022,  # too fast for the carrier
        30032,  # toll-free sender not verified
        30034,  # sender not registered
        63038,  # the account's daily limit
    }
)
DELIVERED = frozenset({"delivered", "read", "partially_delivered"})
FAILED = frozenset({"failed", "undelivered", "canceled"})

UNSUBSCRIBED = "twilio_21610"
"""The code of a person who answered STOP: Twilio itself holds back what is sent to them."""


def code_of(number: int) -> str:
    """Return the stable code of an error: `twilio_21610`."""
    return f"twilio_{number}"


def is_permanent(number: int) -> bool | None:
    """Say whether another attempt is in vain; None for a number that is not known here."""
    if number in PERMANENT:
        return True
    return False if number in TEMPORARY else None


def state_of(status: object) -> Literal["accepted", "delivered", "failed"]:
    """Return the state of a message that Twilio lists."""
    if status in DELIVERED:
        return "delivered"
    return "failed" if status in FAILED else "accepted"
