"""What Schemathesis cannot know: how to sign in, and which objects there are.

Loaded by its command line (SCHEMATHESIS_HOOKS); the address and the member are in the environment.
"""

import json
import os
import time
import zlib
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import UUID

import schemathesis

URL = os.environ["FUZZ_URL"]
SIGN_IN = {"email": os.environ["FUZZ_EMAIL"], "password": os.environ["FUZZ_PASSWORD"]}
LIMIT_S = 30
# Objects come and go while the API is fuzzed.
LISTS_LIVE_S = 3.0
# Of ten well-formed ids so many become those of real objects; the rest stay unknown.
REAL_OF_TEN = 8

LISTS = {
    "calendar_id": "/api/calendars",
    "connection_id": "/api/calendars/connections",
    "contact_id": "/api/contacts?limit=20",
    "feed_id": "/api/feeds",
    "group_id": "/api/groups",
    "import_id": "/api/contacts/imports",
    "interaction_id": "/api/interactions",
    "invitation_id": "/api/invitations",
    "suggestion_id": "/api/suggestions",
    "token_id": "/api/auth/tokens",
    "tag_id": "/api/tags",
}
# What is wrong with a whole body, and with no field of it.
ABOUT_THE_BODY = {"bad_json", "malformed", "no_calendar", "no_cards", "no_contacts", "no_rows"}
_found: dict[str, tuple[float, list[str]]] = {}
_token: list[str] = []
_earlier = ["none"]


@schemathesis.auth(refresh_interval=None)
class SignedIn:
    """One session for all, another for each request that ends its own.

    Not for the one that ends all others: the one for all must live.
    """

    def get(self, case: Any, _context: Any) -> str:
        """Return an access token."""
        if case.operation.path in {"/api/auth/logout", "/api/auth/change-password"}:
            return _sign_in()
        return _main_token()

    def set(self, case: Any, data: str, _context: Any) -> None:
        """Send it."""
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.check
def a_refusal_names_its_field(_context: Any, response: Any, _case: Any) -> None:
    """Every 400 says which field, and why."""
    if response.status_code != HTTPStatus.BAD_REQUEST:
        return
    problem = response.json()
    errors = problem.get("errors", [])
    if not errors and problem["code"] not in ABOUT_THE_BODY:
        raise AssertionError(f"{problem['code']}: no field is named")
    for error in errors:
        if not (error["field"] and error["code"] and error["message"]):
            raise AssertionError(f"{problem['code']}: {error}")


@schemathesis.hook
def map_path_parameters(_context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Aim at objects that exist."""
    return {name: _real(name, value) for name, value in (path_parameters or {}).items()}


@schemathesis.hook
def map_body(_context: Any, body: Any) -> Any:
    """Name contacts and calendars that exist."""
    if not isinstance(body, dict):
        return body
    found = dict(body)
    for name in {"contact_ids", "calendar_ids"} & body.keys():
        if isinstance(body[name], list):
            found[name] = [_real(name.removesuffix("s"), value) for value in body[name]]
    return found


def _real(name: str, value: Any) -> Any:
    """Return the id of a real object in place of a well-formed one; the same for the same."""
    if name not in LISTS or not _is_id(value):
        return value
    chance = zlib.crc32(str(value).encode())
    ids = _ids(name) if chance % 10 < REAL_OF_TEN else []
    return ids[chance // 10 % len(ids)] if ids else value


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def _ids(name: str) -> list[str]:
    read_at, ids = _found.get(name, (0.0, []))
    if time.monotonic() - read_at > LISTS_LIVE_S:
        try:
            items = _ask(LISTS[name], token=_main_token())["items"]
        except HTTPError:  # what was broken is seen by the request that broke it
            items = []
        ids = [item["id"] for item in items]
        _found[name] = (time.monotonic(), ids)
    return ids


def _main_token() -> str:
    if not _token:
        _token.append(_sign_in())
    return _token[0]


def _sign_in() -> str:
    # As a known device: the fuzzing itself uses the address's sign-ins up.
    signed_in = _ask("/api/auth/login", body=SIGN_IN | {"earlier_token": _earlier[0]})
    _earlier[:] = [signed_in["refresh_token"]]
    return str(signed_in["token"])


def _ask(path: str, *, body: Any = None, token: str | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = Request(URL + path, data=data)  # our own server
    request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urlopen(request, timeout=LIMIT_S) as reply:
        return json.load(reply)
