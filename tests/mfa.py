"""Second factors for tests: a member's app, in each state that it can be in."""

import json
from base64 import urlsafe_b64decode
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from server.lib.clock import utc_now
from server.users import challenges, mfa, totp
from server.users.sessions import Device, Identity
from tests.factories import PASSWORD, Member

MfaState = Literal["off", "begun", "on"]
STEP = timedelta(seconds=totp.STEP_S)


def code_for(secret: str, at: datetime) -> str:
    """Return what the app shows at an instant."""
    return totp.code_at(secret, totp.step_at(at))


async def turn_on(member: Member, *, now: datetime) -> tuple[str, list[str]]:
    """Turn a member's second factor on in their session; return the secret and recovery codes.

    The code of `now` is not used yet.
    """
    begun = await mfa.begin_totp(member.scope, now=now)
    code = code_for(begun.secret, now - STEP)
    done = await mfa.confirm_totp(await identity_of(member), code, now=now)
    return begun.secret, done.recovery_codes


async def identity_of(member: Member) -> Identity:
    """Return who calls with a member's token, whose time tests do not share."""
    claims = member.token.split(".")[1]
    session_id = json.loads(urlsafe_b64decode(claims + "=="))["sid"]
    return Identity(member.scope, UUID(session_id), frozenset(), "UTC")


async def mfa_words(member: Member, state: MfaState) -> dict[str, dict[str, str]]:
    """Bring a member's second factor into a state; return what each operation then takes."""
    now = utc_now()
    if state == "off":
        return {"step_up": {"password": PASSWORD}}
    if state == "begun":
        begun = await mfa.begin_totp(member.scope, now=now)
        return {"confirm_totp": {"code": code_for(begun.secret, now)}}
    secret, _ = await turn_on(member, now=now)
    code = code_for(secret, now)
    opened = await challenges.challenge(member.scope, Device(), now=now)
    assert opened is not None
    return {
        "verify_mfa": {"challenge": opened.challenge, "code": code},
        "disable_totp": {"password": PASSWORD, "code": code},
        "step_up": {"code": code},
    }
