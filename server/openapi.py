"""OpenAPI 3.1, completed: security, every error, formats, raw file bodies."""

from typing import Any

from quart import Quart
from quart_schema.openapi import OpenAPIProvider
from quart_schema.validation import DataSource
from werkzeug.routing import UUIDConverter
from werkzeug.routing.converters import BaseConverter
from werkzeug.routing.rules import Rule

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
    409: "Not in the state that this needs, or it exists already.",
    412: "`If-Match` names another version.",
    413: "The body is over its limit.",
    415: "The body's Content-Type is not taken here.",
    429: "Too many requests.",
    500: "Something broke on our side.",
    503: "A part of the server is down; see Retry-After.",
}
_ETAG = {"description": "The version, for `If-Match`.", "schema": {"type": "string"}}


def document(app: Quart) -> dict[str, Any]:
    """Return the app's OpenAPI document, as /api/openapi.json answers it."""
    return CompleteProvider(app, app.extensions["QUART_SCHEMA"]).schema()


_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you read: another version answers 412.",
    "schema": {"type": "string"},
    "example": '"3"',
}


class CompleteProvider(OpenAPIProvider):
    """Quart-Schema's document plus what it leaves out."""

    def schema(self) -> dict[str, Any]:
        """Return the whole document."""
        document = super().schema()
        document["components"]["schemas"]["Problem"] = PROBLEM
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
            for operation in operations.values():
                self._complete(operation, handler, files)
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
        if any(p["in"] == "path" for p in operation["parameters"]):
            statuses |= {404}
        types = getattr(handler, "file_types", ())
        if types:
            operation["requestBody"] = _file_body(types)
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
            statuses |= {413}
            if not types:
                statuses |= {415}
        if 412 in statuses:
            operation["parameters"].append(_IF_MATCH)
        responses = operation["responses"]
        if files:
            responses[200] = {"description": "The file.", "content": files}
        if not any(200 <= int(status) < 300 for status in responses):
            responses[204] = {"description": "Done; no body."}
        # A route that documents an answer of its own (the health check's 503) keeps it.
        for status in sorted(statuses - {int(status) for status in responses}):
            responses[status] = {
                "description": _MEANINGS[status],
                "content": {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            }
        operation["responses"] = {str(status): responses[status] for status in responses}


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
