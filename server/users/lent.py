"""What a user has lent to programs and people: it ends with the password that allowed it."""

from datetime import datetime

from server.lib.scope import Scope
from server.users import api_tokens, invitations


async def end_all(scope: Scope, *, now: datetime) -> dict[str, int]:
    """End a user's API tokens and open invitations; return how many, as the trail's details.

    In the transaction that sets the password: whoever had the old one may have made some.
    """
    return {
        "tokens_ended": await api_tokens.revoke_all(scope, now=now),
        "invitations_ended": await invitations.revoke_open(scope, now=now),
    }
