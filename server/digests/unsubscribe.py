"""The way out of a mail: an address that needs no sign-in, for its reader alone."""

import base64
import binascii
from datetime import datetime
from uuid import UUID

from server.config import settings
from server.digests import queries_unsubscribe
from server.errors import NotFound
from server.keys import macs
from server.keys.macs import Use
from server.lib.languages.known import language_of
from server.lib.languages.language import Language
from server.lib.scope import Scope
from server.messages import opt_outs

MAC_BYTES = 14
_LENGTH = 16 + MAC_BYTES


async def url_of(scope: Scope, _message_id: UUID | None = None) -> str | None:
    """Return where a user unsubscribes; None where the server does not know its own address.

    The same in every mail: who keeps an old one finds it still works, up to 30 days after the
    key behind it was replaced. In the shape that the sender asks it of (message id unused).
    """
    if settings().public_url is None:
        return None
    return f"{settings().base_url}/unsubscribe/{await token_of(scope)}"


async def token_of(scope: Scope) -> str:
    """Return what names a user in such an address, with a proof: 40 letters of base64url."""
    mac = (await macs.mac(Use.UNSUBSCRIBE, str(scope.user_id)))[:MAC_BYTES]
    return base64.urlsafe_b64encode(scope.user_id.bytes + mac).decode()


async def is_stopped(token: str) -> tuple[bool, Language]:
    """Say whether a token's user gets no more mails, and in which language to talk.

    Raises:
        NotFound: it is none of ours, or its user is gone.
    """
    scope, language = await _user_of(token)
    return await opt_outs.is_stopped(scope, "email"), language


async def stop(token: str, *, now: datetime) -> Language:
    """Send the token's user no more mails, but those that the account itself needs.

    Safe to repeat.

    Raises:
        NotFound: as `is_stopped`.
    """
    scope, language = await _user_of(token)
    await opt_outs.stop(scope, "email", now=now)
    return language


async def start(token: str, *, now: datetime) -> Language:
    """Send the token's user mails again; safe to repeat.

    Raises:
        NotFound: as `is_stopped`.
    """
    scope, language = await _user_of(token)
    await opt_outs.start(scope, "email", now=now)
    return language


async def _user_of(token: str) -> tuple[Scope, Language]:
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise NotFound from None
    if len(raw) != _LENGTH:
        raise NotFound
    user_id = UUID(bytes=raw[:16])
    if not await macs.fits(Use.UNSUBSCRIBE, str(user_id), raw[16:]):
        raise NotFound
    row = await queries_unsubscribe.find_user(user_id)
    if row is None:
        raise NotFound
    return Scope(row["household_id"], user_id), language_of(row["language"])
