"""Requests with a canary wherever a text may go, and where none is expected."""

import base64
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any
from uuid import uuid4

from quart import Quart

from tests.canaries import Canaries
from tests.factories import Member
from tests.openapi_walk import (
    ENDS_THE_SESSION,
    JSON,
    Operation,
    Request,
    operations,
    replaced,
    text_places,
)

# Of these fields nobody who has the database, but not the key, reads a word (DESIGN: encrypted).
SECRET_FIELDS = {
    "notes", "reason", "custom_fields", "password", "current_password", "new_password",
    "refresh_token", "restore_token",
}  # fmt: skip


def bodies(
    app: Quart,
    member: Member,
    ids: Mapping[str, Any],
    canaries: Canaries,
    mode: str,
    every: int,
) -> Iterator[tuple[Request, str, bool]]:
    """Yield writes with a canary in each `every`th of their texts; say whether it is secret."""
    places = count()
    for operation in operations(app):
        schema = operation.body_schema
        if schema is None or operation.name in ENDS_THE_SESSION:
            continue
        request = operation.request(member, ids)
        for path in text_places(operation, schema):
            if next(places) % every:
                continue
            canary = canaries.new(f"{mode} {operation.name} {path}")
            body = _with(operation, request, path, canary)
            if mode == "refused":  # also as a field's name, and as a value of another type
                body = {**body, canary: canary, path[0]: {canary: [canary]}}
            yield (
                Request(request.method, request.path, request.query, body, JSON),
                canary,
                path[0] in SECRET_FIELDS,
            )


def _with(operation: Operation, request: Request, path: tuple[Any, ...], canary: str) -> Any:
    sample = operation.sample((operation.body_schema or {})["properties"][path[0]])
    # E-mail addresses are the only texts with a form of their own.
    text = f"{canary}@example.org" if path[-1] == "email" else canary
    return replaced({**request.body, path[0]: sample}, path, text)


def files(new: Callable[[str], str]) -> Iterator[tuple[Request, bool]]:
    """Yield imports, good and broken, with canaries in what is encrypted."""
    import_path, ics_path = "/api/contacts/import", "/api/calendars/import"
    for line in ("NOTE:{}", "X-SECRET:{}", "item1.X-ABLABEL:{}"):
        card = f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ida\r\n{line.format(new(line))}\r\nEND:VCARD\r\n"
        yield Request("POST", import_path, {}, card, "text/vcard"), True
        yield Request("POST", import_path, {}, card[:-8], "text/vcard"), True
        broken = card.replace("FN:Ida\r\n", f"FN{new('a broken line')}\r\n")
        yield Request("POST", import_path, {}, broken, "text/vcard"), True
    table = f"Name,Notes,Pet\r\nIda,{new('csv notes')},{new('csv custom')}\r\n"
    yield Request("POST", import_path, {}, table, "text/csv"), True
    for line in (
        "SUMMARY:{}",
        "DESCRIPTION:{}",
        "LOCATION:{}",
        "ATTENDEE;CN={}:mailto:a@b.example",
    ):
        event = (
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:" + str(uuid4())
            + "\r\nDTSTAMP:20260301T000000Z\r\nDTSTART:20260310T180000Z\r\n"
            + line.format(new(line)) + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )  # fmt: skip
        yield Request("POST", ics_path, {}, event, "text/calendar"), True
        broken = event.replace("DTSTART:2026", f"DTSTART:{new('a broken date')}")
        yield Request("POST", ics_path, {}, broken, "text/calendar"), True
    contact = f"/api/contacts/{uuid4()}/photo"
    yield Request("PUT", contact, {}, new("no picture").encode(), "image/jpeg"), True


def oddities(new: Callable[[str], str], headers: dict[str, str]) -> Iterator[tuple[Request, Any]]:
    """Yield requests with a canary where no document says that something goes."""
    for path in ("/{}", "/api/{}", "/api/contacts/{}", "/feeds/{}.ics", "/api/contacts?{}=1",
                 "/api/contacts?search={}", "/api/contacts?cursor={}", "/api/contacts?limit={}",
                 "/api/suggestions?state={}", "//{}", "/api/auth/../{}",
                 "/health?x={}"):  # fmt: skip
        yield Request("GET", path.format(new(path)), {}), headers
    for name in ("Cookie", "X-Forwarded-For", "Forwarded", "If-Match", "If-None-Match", "Accept",
                 "Origin", "Referer", "Content-Type", "Host", "X-Request-ID", "Range",
                 "X-HTTP-Method-Override", "Accept-Language"):  # fmt: skip
        extra = {name: new(name)}
        yield Request("PATCH", "/api/auth/me", {}, b"{}"), headers | extra
    secret = new("bearer")
    basic = base64.b64encode(f"ana:{new('basic')}".encode()).decode()
    for value in (f"Bearer {secret}", f"Bearer {secret}.{secret}.{secret}", f"Basic {basic}"):
        yield Request("GET", "/api/auth/me", {}), {"Authorization": value}
    for body in ('{{"name": "{}"', "{}", '{{"name": "{}"}} x', '"{}"', '{{"{}": 1e999}}'):
        raw = body.format(new(f"JSON {body}")).encode()
        yield Request("POST", "/api/contacts", {}, raw, JSON), headers
        yield Request("POST", "/api/contacts", {}, raw + b"\xff\xfe\0", JSON), headers
    yield Request("POST", "/api/contacts", {}, f'["{new("huge")}' + "x" * 1_100_000, JSON), headers
    yield Request(new("method").upper(), "/api/contacts", {}), headers
