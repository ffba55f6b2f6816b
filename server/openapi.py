"""OpenAPI 3.1, completed: security, every error, formats, raw file bodies."""

from typing import Any

from quart import Quart
from quart_schema.openapi import OpenAPIProvider
from quart_schema.validation import DataSource
from werkzeug.routing import UUIDConverter
from werkzeug.routing.converters import BaseConverter
from werkzeug.routing.rules import Rule

from server.lib.http import ADMIN_PATH
from server.openapi_parts import (
    ETAG,
    FILE_ETAG,
    HEADERS,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    IF_NONE_MATCH,
    LIMITED,
    LIST_ETAG,
    MEANINGS,
    PROBLEM,
    REPLAYED,
    RETRY,
)
from server.users.idempotency import METHODS


def document(app: Quart) -> dict[str, Any]:
    """Return the app's OpenAPI document, as /api/openapi.json answers it."""
    return CompleteProvider(app, app.extensions["QUART_SCHEMA"]).schema()


class CompleteProvider(OpenAPIProvider):
    """Quart-Schema's document plus what it leaves out."""

    def schema(self) -> dict[str, Any]:
        """Return the whole document."""
        document = super().schema()
        document["components"]["schemas"]["Problem"] = PROBLEM
        document["components"]["headers"] = HEADERS
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
                is_write = method.upper() in METHODS
                if not is_write and rule.rule.startswith(ADMIN_PATH):
                    _name_admins(operation)
                _add_retries(operation, handler, is_write=is_write)
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
            reply["headers"] = {"ETag": ETAG}
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
        # 400: an unknown query parameter is refused everywhere.
        statuses = {400, 500, 503, *getattr(handler, "error_statuses", ())}
        statuses |= _describe_caller(operation, handler)
        if getattr(handler, "limit", None) is not None:
            statuses |= {429}
        if any(p["in"] == "path" for p in operation["parameters"]):
            statuses |= {404}
        statuses |= _describe_body(operation, getattr(handler, "file_types", ()))
        statuses |= _describe_webhook(operation, getattr(handler, "webhook_type", None))
        if 412 in statuses:
            operation["parameters"].append(IF_MATCH)
        responses = {int(status): reply for status, reply in operation["responses"].items()}
        if files:
            responses[200] = {"description": "The file.", "content": files}
            if handler.answers_unchanged:
                responses[200]["headers"] = {"ETag": FILE_ETAG}
        if not any(200 <= status < 300 for status in responses):
            responses[204] = {"description": "Done; no body."}
        # A route that documents an answer of its own (the health check's 503) keeps it.
        for status in sorted(statuses - responses.keys()):
            responses[status] = _problem(status)
        if 429 in statuses:
            _describe_limits(operation, responses, getattr(handler, "limit", ""))
        responses[503].setdefault("headers", {}).update(RETRY)
        operation["responses"] = {str(status): responses[status] for status in responses}


def _describe_caller(operation: dict[str, Any], handler: Any) -> set[int]:
    """Say who may call; return the statuses of who may not."""
    permission = getattr(handler, "permission", None)
    operation["security"] = [] if permission is None else [{"bearer": []}]
    if permission is None:
        return set()
    operation["x-permission"] = str(permission)
    if handler.step_up:
        operation["x-step-up"] = True
    return {401, 403}


def _describe_body(operation: dict[str, Any], file_types: tuple[str, ...]) -> set[int]:
    """Complete the request's body; return the statuses that come with one."""
    if file_types:
        operation["requestBody"] = _file_body(file_types)
    if "requestBody" not in operation:
        return set()
    operation["requestBody"]["required"] = True
    return {408, 413} if file_types else {408, 413, 415}


def _describe_webhook(operation: dict[str, Any], content_type: str | None) -> set[int]:
    """Describe a body whose shape a provider documents; return the statuses that come with one."""
    if content_type is None:
        return set()
    binary = {"type": "string", "format": "binary"}
    operation["requestBody"] = {"content": {content_type: {"schema": binary}}, "required": True}
    return {408, 413}


def _describe_limits(
    operation: dict[str, Any], responses: dict[int, dict[str, Any]], limit: str
) -> None:
    """Name the budget that each call takes from, and the headers that say what is left of it."""
    operation["x-rate-limit"] = str(limit)
    for status, reply in responses.items():
        if status < 300 or status == 429:
            reply["headers"] = {**reply.get("headers", {}), **LIMITED}
    responses[429]["headers"].update(RETRY)


def _add_retries(operation: dict[str, Any], handler: Any, *, is_write: bool) -> None:
    """Document what makes it safe to send a request again, and cheap to read twice."""
    successes = [operation["responses"][s] for s in operation["responses"] if s.startswith("2")]
    if is_write:
        if not operation["security"]:
            return
        operation["parameters"].append(IDEMPOTENCY_KEY)
        operation["responses"].setdefault("409", _problem(409))
        for reply in successes:
            reply["headers"] = {**reply.get("headers", {}), "Idempotency-Replayed": REPLAYED}
        return
    is_list = getattr(handler, "is_conditional", False)
    if is_list:
        for reply in successes:
            reply["headers"] = {**reply.get("headers", {}), "ETag": LIST_ETAG}
    tags = [reply["headers"]["ETag"] for reply in successes if "ETag" in reply.get("headers", {})]
    if tags:
        operation["parameters"].append(IF_NONE_MATCH)
        operation["responses"]["304"] = {
            "description": "What you have still holds; no body.",
            "headers": {"ETag": tags[0]},
        }


def _name_admins(operation: dict[str, Any]) -> None:
    """Say that a reply to an admin is named, as http.name_replies does."""
    for status, reply in operation["responses"].items():
        if status == "200":
            reply["headers"] = {"ETag": FILE_ETAG, **reply.get("headers", {})}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": MEANINGS[status],
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
