"""OpenAPI 3.1, completed: security, every error, formats, raw file bodies."""

from typing import Any

from quart import Quart
from quart_schema.openapi import OpenAPIProvider
from quart_schema.validation import DataSource
from werkzeug.routing import UUIDConverter
from werkzeug.routing.converters import BaseConverter
from werkzeug.routing.rules import Rule

from server.users.idempotency import METHODS

INTRODUCTION = """Texts come back equal, or are refused with 400 and a reason.

Texts of one line, such as names and labels, are kept without white space around them and in
Unicode form NFC. Notes, values of custom fields and your own words of a dismissal are kept
exactly as sent, line breaks and all; an empty optional text is null. Null bytes, halves of
surrogate pairs and control characters other than tab and line breaks are refused everywhere.
"""
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; safe to branch on."},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
_MEANINGS = {
    400: "Something in the request is wrong; `errors` names each field.",
    401: "No valid access token.",
    403: "Signed in, but not allowed.",
    404: "Nobody in the caller's scope has such an object.",
    409: "Not in the state that this needs, it exists already, or its Idempotency-Key is taken.",
    412: "`If-Match` names another version.",
    413: "The body is over its limit.",
    415: "The body's Content-Type is not taken here.",
    408: "The body took too long to arrive.",
    429: "Too many requests of this user, or of this address where nobody signs in.",
    502: "An outside service that this needs failed, such as the store of photos.",
    500: "Something broke on our side.",
    503: "A part of the server is down; see Retry-After.",
}
_ETAG = {
    "description": "The version, for `If-Match`; of a GET also for `If-None-Match`.",
    "schema": {"type": "string"},
}
_FILE_ETAG = {"description": "For `If-None-Match`.", "schema": {"type": "string"}}
_LIST_ETAG = {
    "description": "Names the reply for `If-None-Match`; absent while it cannot be known.",
    "schema": {"type": "string"},
}


# draft-ietf-httpapi-ratelimit-headers-06, the last with a header for each figure.
_HEADERS = {
    "RateLimit-Limit": {
        "description": "Requests that may be made at once. Each is earned back after an even "
        "share of a minute; of an hour for `x-rate-limit` voice, sms and email.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 60,
    },
    "RateLimit-Remaining": {
        "description": "Requests that may still be made at once.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 59,
    },
    "RateLimit-Reset": {
        "description": "Seconds until all of them may be made again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "Retry-After": {
        "description": "Seconds after which to ask again.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
}
_LIMITED = {
    name: {"$ref": f"#/components/headers/{name}"} for name in _HEADERS if name != "Retry-After"
}
_RETRY = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}


def document(app: Quart) -> dict[str, Any]:
    """Return the app's OpenAPI document, as /api/openapi.json answers it."""
    return CompleteProvider(app, app.extensions["QUART_SCHEMA"]).schema()


_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you read, or up to ten, any of which fits: another version"
    " answers 412.",
    "schema": {"type": "string"},
    "example": '"3"',
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the reply that you have: 304 without a body if it still holds.",
    "schema": {"type": "string"},
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Name this write (a UUID will do), and it is done once however often you send it: for 24"
        " hours the same request gets the stored reply again, with `Idempotency-Replayed: true`."
        " The same key with another request (method, address, body, If-Match) answers 409"
        " `idempotency_key_reused`; while the first is still under way 409"
        " `idempotency_key_in_use` with Retry-After. A refused request (4xx, 5xx) changes nothing"
        " and keeps nothing: mend it and send it again, with the same key if you like."
    ),
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
    "example": "6f1c2f5e-3a0b-4a86-9d5e-6a1f6f1b7c11",
}
_REPLAYED = {
    "description": "`true`: the stored reply to an earlier request with this Idempotency-Key.",
    "schema": {"type": "string", "const": "true"},
}


class CompleteProvider(OpenAPIProvider):
    """Quart-Schema's document plus what it leaves out."""

    def schema(self) -> dict[str, Any]:
        """Return the whole document."""
        document = super().schema()
        document["components"]["schemas"]["Problem"] = PROBLEM
        document["components"]["headers"] = _HEADERS
        return document

    def build_path_parameter(self, name: str, converter: BaseConverter) -> dict[str, Any]:
        """Say that an id is a UUID."""
        parameter = super().build_path_parameter(name, converter)
        if isinstance(converter, UUIDConverter):
            parameter["schema"] = {"type": "string", "format": "uuid"}
        return parameter

    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        """Add security, errors and file bodies to each operation."""
        paths, components = super().build_paths(rule)
        handler = self._app.view_functions[rule.endpoint]
        files, more = self._answered_files(handler)
        components = {**components, **more}
        for operations in paths.values():
            for method, operation in operations.items():
                self._complete(operation, handler, files)
                _add_retries(operation, handler, is_write=method.upper() in METHODS)
        return paths, components

    def build_request_body(
        self, model: Any, source: DataSource
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Keep the body's schema under its own name, which a generated client takes over."""
        return _named(*super().build_request_body(model, source))

    def build_response_object(
        self, model: Any, headers_model: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Keep the reply's schema under its own name; what has a version has an ETag."""
        reply, components = super().build_response_object(model, headers_model)
        if "version" in reply["content"]["application/json"]["schema"]["properties"]:
            reply["headers"] = {"ETag": _ETAG}
        return _named(reply, components)

    def operation_id(self, method: str, path: str, func: Any) -> str | None:
        """Return the route's function name: unique, and what a generated client calls."""
        return str(func.__name__)

    def _answered_files(self, handler: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the content that a route answers as a file, by type, and its components."""
        binary = {"schema": {"type": "string", "format": "binary"}}
        content: dict[str, Any] = dict.fromkeys(getattr(handler, "answer_types", ()), binary)
        components: dict[str, Any] = {}
        for name, model in getattr(handler, "answer_models", {}).items():
            reply, more = self.build_response_object(model, None)
            content[name] = reply["content"]["application/json"]
            components |= more
        return content, components

    def _complete(self, operation: dict[str, Any], handler: Any, files: dict[str, Any]) -> None:
        permission = getattr(handler, "permission", None)
        # 400: an unknown query parameter is refused everywhere.
        statuses = {400, 500, 503, *getattr(handler, "error_statuses", ())}
        if permission is None:
            operation["security"] = []
        else:
            operation["security"] = [{"bearer": []}]
            operation["x-permission"] = str(permission)
            statuses |= {401, 403}
        if getattr(handler, "limit", None) is not None:
            statuses |= {429}
        if any(p["in"] == "path" for p in operation["parameters"]):
            statuses |= {404}
        statuses |= _describe_body(operation, getattr(handler, "file_types", ()))
        if 412 in statuses:
            operation["parameters"].append(_IF_MATCH)
        responses = {int(status): reply for status, reply in operation["responses"].items()}
        if files:
            responses[200] = {"description": "The file.", "content": files}
            if handler.answers_unchanged:
                responses[200]["headers"] = {"ETag": _FILE_ETAG}
        if not any(200 <= status < 300 for status in responses):
            responses[204] = {"description": "Done; no body."}
        # A route that documents an answer of its own (the health check's 503) keeps it.
        for status in sorted(statuses - responses.keys()):
            responses[status] = _problem(status)
        if 429 in statuses:
            _describe_limits(operation, responses, getattr(handler, "limit", ""))
        responses[503].setdefault("headers", {}).update(_RETRY)
        operation["responses"] = {str(status): responses[status] for status in responses}


def _describe_body(operation: dict[str, Any], file_types: tuple[str, ...]) -> set[int]:
    """Complete the request's body; return the statuses that come with one."""
    if file_types:
        operation["requestBody"] = _file_body(file_types)
    if "requestBody" not in operation:
        return set()
    operation["requestBody"]["required"] = True
    return {408, 413} if file_types else {408, 413, 415}


def _describe_limits(
    operation: dict[str, Any], responses: dict[int, dict[str, Any]], limit: str
) -> None:
    """Name the budget that each call takes from, and the headers that say what is left of it."""
    operation["x-rate-limit"] = str(limit)
    for status, reply in responses.items():
        if status < 300 or status == 429:
            reply["headers"] = {**reply.get("headers", {}), **_LIMITED}
    responses[429]["headers"].update(_RETRY)


def _add_retries(operation: dict[str, Any], handler: Any, *, is_write: bool) -> None:
    """Document what makes it safe to send a request again, and cheap to read twice."""
    successes = [operation["responses"][s] for s in operation["responses"] if s.startswith("2")]
    if is_write:
        if not operation["security"]:
            return
        operation["parameters"].append(_IDEMPOTENCY_KEY)
        operation["responses"].setdefault("409", _problem(409))
        for reply in successes:
            reply["headers"] = {**reply.get("headers", {}), "Idempotency-Replayed": _REPLAYED}
        return
    is_list = getattr(handler, "is_conditional", False)
    if is_list:
        for reply in successes:
            reply["headers"] = {**reply.get("headers", {}), "ETag": _LIST_ETAG}
    tags = [reply["headers"]["ETag"] for reply in successes if "ETag" in reply.get("headers", {})]
    if tags:
        operation["parameters"].append(_IF_NONE_MATCH)
        operation["responses"]["304"] = {
            "description": "What you have still holds; no body.",
            "headers": {"ETag": tags[0]},
        }


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": _MEANINGS[status],
        "content": {"application/problem+json": {"schema": schema}},
    }


def _named(
    holder: dict[str, Any], components: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    for content in holder["content"].values():
        schema = content["schema"]
        components = {**components, schema["title"]: schema}
        content["schema"] = {"$ref": f"#/components/schemas/{schema['title']}"}
    return holder, components


def _file_body(types: tuple[str, ...]) -> dict[str, Any]:
    raw = {name: {"schema": {"type": "string", "format": "binary"}} for name in types}
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
    return {"content": raw | {"multipart/form-data": {"schema": form}}}
