"""The last step of each way in: a session is opened, recorded and answered."""

from datetime import datetime

from server.audit import service as audit
from server.db import Row
from server.lib.scope import Scope
from server.users import devices, sessions
from server.users.schemas import SignedIn, UserOut
from server.users.sessions import Device, TokenPair


async def sign_in(
    user: UserOut, device: Device, *, now: datetime, factor: str | None = None
) -> SignedIn:
    """Open a session for who has just proven to be `user`; call in that transaction.

    `factor` is the second factor that was shown: `totp` or `recovery_code`.
    """
    scope = Scope(user.household_id, user.id)
    is_new_device = await devices.is_new(scope, device)
    pair = await sessions.open_session(scope, device, now=now, has_mfa=factor is not None)
    details = ({"factor": factor} if factor else {}) | (
        {"new_device": True} if is_new_device else {}
    )
    await audit.record(
        scope.household_id,
        "user.signed_in",
        actor_id=scope.user_id,
        address=device.address,
        details=details,
        now=now,
    )
    return reply(user, pair)


def reply(user: UserOut, pair: TokenPair) -> SignedIn:
    """Return what a client keeps of a sign-in."""
    return SignedIn(
        user=user, token=pair.token, refresh_token=pair.refresh_token, expires_at=pair.expires_at
    )


def user_of(row: Row) -> UserOut:
    """Return the user that a row of queries.USER_COLUMNS describes."""
    return UserOut.model_validate({name: row[name] for name in UserOut.model_fields})
