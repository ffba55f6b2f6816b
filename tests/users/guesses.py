"""Guesses at passwords, at an address in all its clothes."""

from server.errors import Unauthorized
from server.users import service
from server.users.schemas import LoginIn
from server.users.sessions import Device
from server.users.throttle import TriesUsedUp
from tests.times import MONDAY

# One address in clothes that it is taken off: case, blanks, full width, long s, Kelvin, ligature.
WAYS = (
    "{}",
    " {} ",
    "\t{}\n",
    "MEMBER{n}@EXAMPLE.ORG",
    "Member{n}@Example.Org",
    "ｍｅｍｂｅｒ{n}@example.org",
    "MEMBER{n}＠example．org",
    "member{n}@eｘample.org",
    "\u00a0{}\u3000",
)


def ways_of(email):
    number = email.removeprefix("member").partition("@")[0]
    return [way.format(email, n=number) for way in WAYS]


now_of_test = [MONDAY]


async def guess(email, *, password="wrong", earlier_token=None, at=MONDAY, address="192.0.2.1"):
    """Try to sign in; return what came of it."""
    now_of_test[0] = at
    data = LoginIn(email=email, password=password, earlier_token=earlier_token)
    try:
        await service.login(data, Device("phone", address), now=at)
    except (Unauthorized, TriesUsedUp) as refused:
        return refused.code
    return "signed_in"
