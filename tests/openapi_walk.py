"""Requests for every operation, built from the OpenAPI document, so that no route is skipped."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from quart import Quart
from quart.typing import TestClientProtocol

from server.openapi import document
from tests.factories import PASSWORD, Member
from tests.pictures import picture
from tests.webhooks import signing

JSON = "application/json"
# What stands behind each name of an id; a new name must be added here before the tests pass.
KINDS = {
    "calendar_id": "calendar",
    "calendar_ids": "calendar",
    "connection_id": "connection",
    "contact": "contact",
    "feed_id": "feed",
    "contact_id": "contact",
    "contact_ids": "contact",
    "group": "group",
    "group_id": "group",
    "import_id": "import",
    "interaction_id": "interaction",
    "key_id": "key",
    "message_id": "message",
    "reply_id": "reply",
    "session_id": "session",
    "invitation_id": "invitation",
    "suggestion_id": "suggestion",
    "tag": "tag",
    "tag_id": "tag",
    "token_id": "api_token",
    "user_id": "user",
}
VCARD = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:walk\r\nFN:Wanda Walk\r\nEND:VCARD\r\n"
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:walk\r\nBEGIN:VEVENT\r\nUID:walk\r\n"
    "DTSTAMP:20260301T000000Z\r\nDTSTART:20260310T180000Z\r\nDTEND:20260310T190000Z\r\n"
    "SUMMARY:Walk\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
PHOTO = picture()
FILES = {
    "text/vcard": VCARD,
    "text/calendar": CALENDAR,
    "image/jpeg": PHOTO,
    **signing.SAMPLES,
}


# Their caller cannot go on as before: tests that walk on with one session leave them out.
ENDS_THE_SESSION = frozenset(
    {"change_password", "close_account", "confirm_password_reset", "logout"}
)


class Place(NamedTuple):
    """Where an operation takes an id, and of what."""

    where: str  # path, query, body
    name: str
    kind: str


@dataclass(frozen=True)
class Request:
    """One request; a `body` that is no text yet is sent as JSON."""

    method: str
    path: str
    query: Mapping[str, Any]
    body: Any = None
    content_type: str | None = None

    async def send(self, client: TestClientProtocol, headers: dict[str, str]) -> Any:
        data = self.body
        if self.content_type is not None:
            headers = {**headers, "Content-Type": self.content_type}
            data = data if isinstance(data, str | bytes) else json.dumps(data)
        if self.path.startswith("/api/webhooks/"):
            headers = {**headers, **signing.headers_for(self.path, str(self.content_type))}
        return await client.open(  # type: ignore[call-arg]  # the protocol wants json, too
            self.path,
            method=self.method,
            headers=headers,
            query_string=dict(self.query),
            data=data,
        )


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    name: str
    method: str
    path: str
    spec: Mapping[str, Any]
    components: Mapping[str, Any]

    @property
    def is_public(self) -> bool:
        return not self.spec["security"]

    @property
    def is_for_admins(self) -> bool:
        return str(self.spec.get("x-permission", "")).startswith("admin:")

    @cached_property
    def body_schema(self) -> dict[str, Any] | None:
        """The JSON body's schema, self-contained; None where there is no JSON body."""
        content = self.spec.get("requestBody", {}).get("content", {})
        if JSON not in content or content[JSON]["schema"].get("format") == "binary":
            return None
        return self.closed(self.named(content[JSON]["schema"]))

    @cached_property
    def query(self) -> dict[str, dict[str, Any]]:
        """The schema of each query parameter, by name."""
        return {p["name"]: p["schema"] for p in self.spec["parameters"] if p["in"] == "query"}

    @cached_property
    def places(self) -> list[Place]:
        """Every place of an id."""
        names = [
            *(
                ("path", p["name"])
                for p in self.spec["parameters"]
                if p["in"] == "path" and _is_id(p["schema"])
            ),
            *(("query", name) for name, schema in self.query.items() if _is_id(schema)),
        ]
        for name, schema in (self.body_schema or {}).get("properties", {}).items():
            if _is_id(schema):
                names.append(("body", name))
        return [Place(where, name, KINDS[name]) for where, name in names]

    def named(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what `schema` refers to; itself when it refers to nothing."""
        if "$ref" not in schema:
            return schema
        found: Mapping[str, Any] = self.components["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return found

    def closed(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return a schema that a validator can resolve alone."""
        return {**schema, "components": self.components}

    def request(self, member: Member, ids: Mapping[str, Any], **elsewhere: UUID) -> Request:
        """Build the smallest request with every id in it.

        `ids` has one of each kind; `elsewhere` puts another id into the place of that name.
        """
        found = {p.name: str(elsewhere.get(p.name, ids[p.kind])) for p in self.places}
        found["restore_token"] = ids.get("restore_token", "cux_nobodys")
        found["job_id"] = ids.get("job", "nobodys")
        found["schedule_name"] = "reconcile"
        found["integration"] = "storage"
        found["unsubscribe_token"] = ids.get("unsubscribe_token", "nobodys")
        path = self.path.format(**found, token=ids["feed_token"])
        query = {p.name: found[p.name] for p in self.places if p.where == "query"}
        query |= {name: word for name, word in NEEDED_QUERY.items() if name in self.query}
        content = self.spec.get("requestBody", {}).get("content", {})
        if not content:
            return Request(self.method, path, query)
        if self.body_schema is None:
            content_type = next(iter(content))
            return Request(self.method, path, query, FILES[content_type], content_type)
        words = {**known_words(self.name, member), **ids.get("words", {}).get(self.name, {})}
        return Request(self.method, path, query, self.body(words, found), JSON)

    def body(self, words: Mapping[str, str], found: Mapping[str, str]) -> dict[str, Any]:
        """Return the smallest JSON body: what is required, every id, and what is known."""
        schema = self.body_schema or {}
        wanted = {*schema.get("required", ()), *(p.name for p in self.places if p.where == "body")}
        wanted |= words.keys()
        body = {}
        for name in schema["properties"]:
            if name in found and name in wanted:
                is_list = schema["properties"][name].get("type") == "array"
                body[name] = [found[name]] if is_list else found[name]
            elif name in wanted:
                body[name] = words.get(name) or self.sample(schema["properties"][name])
        return body

    def sample(self, schema: Mapping[str, Any]) -> Any:
        """Return a value that fits: the document's own example where it has one."""
        if "$ref" in schema:
            return self.sample(self.named(schema))
        if "examples" in schema:
            return schema["examples"][0]
        if schema.get("default"):
            return schema["default"]
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self.sample(next(one for one in schema["anyOf"] if one.get("type") != "null"))
        return self._plain(schema)

    def _plain(self, schema: Mapping[str, Any]) -> Any:
        match schema["type"], schema.get("format"):
            case "object", _:
                parts = schema.get("properties") or {"part": schema["additionalProperties"]}
                return {name: self.sample(part) for name, part in parts.items()}
            case "array", _:
                return [self.sample(schema["items"])]
            case "string", "date-time":
                return "2026-03-01T18:30:00Z"
            case "string", None if "pattern" not in schema:
                return "x" * max(5, schema.get("minLength", 0))
            case "integer" | "number", _:
                return schema.get("minimum", 1)
            case "boolean", _:
                return True
        raise AssertionError(f"no sample for {schema}: give it an example")


# Spans have no default that fits every zone and day.
NEEDED_QUERY = {
    "from": "2026-03-01T00:00:00Z",
    "to": "2026-03-20T00:00:00Z",
    "act": "disable",
}


def known_words(operation: str, member: Member) -> Mapping[str, str]:
    """Return what no schema can know: the words of this member."""
    return {
        "register": {"email": "newcomer@example.org"},
        "login": {"email": member.email, "password": PASSWORD},
        "request_password_reset": {"email": member.email},
        # As tests/owned.py has it.
        "confirm_password_reset": {
            "token": f"cup_{member.scope.user_id}",
            "new_password": f"new {PASSWORD}",
        },
        "refresh": {"refresh_token": member.refresh_token},
        "change_password": {"current_password": PASSWORD, "new_password": f"new {PASSWORD}"},
        "close_account": {"password": PASSWORD},
    }.get(operation, {})


def operations(app: Quart) -> list[Operation]:
    """Return every operation of the app's document, by name."""
    whole = document(app)
    found = [
        Operation(spec["operationId"], method.upper(), path, spec, whole["components"])
        for path, methods in whole["paths"].items()
        for method, spec in methods.items()
    ]
    return sorted(found, key=lambda operation: operation.name)


def text_places(
    operation: Operation, schema: Any, path: tuple[Any, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value of a body that may be any text and is taken."""
    schema = operation.named(schema)
    if schema.get("readOnly"):
        return
    if "anyOf" in schema:
        schema = operation.named(next(s for s in schema["anyOf"] if s.get("type") != "null"))
    match schema.get("type"):
        case "object":
            parts = schema.get("properties") or {"part": schema["additionalProperties"]}
            for name, part in parts.items():
                yield from text_places(operation, part, (*path, name))
        case "array":
            yield from text_places(operation, schema["items"], (*path, 0))
        case "string" if not schema.keys() & {"enum", "const", "format", "pattern"}:
            yield path


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside `value`, itself included."""
    yield path
    if isinstance(value, dict | list):
        for key, part in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(part, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of `value` with `new` at `path`, whose last step may be a new one."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(value[path[0]], path[1:], new) if path[1:] else new
    return copy


def _is_id(schema: Mapping[str, Any]) -> bool:
    variants = [schema, schema.get("items", {}), *schema.get("anyOf", ())]
    return any(variant.get("format") == "uuid" for variant in variants)
