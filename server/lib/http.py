"""What several routes need of HTTP: documented errors, versions as ETags."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from quart import Quart, Response, request
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE

from server.errors import BadInput, FieldError

F = TypeVar("F", bound=Callable[..., object])


def errors(*statuses: int) -> Callable[[F], F]:
    """Document the statuses that a route answers besides those every route has (openapi.py)."""

    def decorate(handler: F) -> F:
        handler.error_statuses = statuses  # type: ignore[attr-defined]
        return handler

    return decorate


def accepts_file(*content_types: str) -> Callable[[F], F]:
    """Document a route whose body is a file, sent raw or as the `file` part of a form."""

    def decorate(handler: F) -> F:
        handler.file_types = content_types  # type: ignore[attr-defined]
        return handler

    return decorate


def answers_file(content_type: str, *, has_etag: bool = False) -> Callable[[F], F]:
    """Document a route that answers a file; with an ETag it also answers 304."""

    def decorate(handler: F) -> F:
        handler.answer_type = content_type  # type: ignore[attr-defined]
        handler.answers_unchanged = has_etag  # type: ignore[attr-defined]
        return handler

    return decorate


def not_modified(tag: str, headers: Mapping[str, str]) -> Response:
    """Return a 304: what the caller has, by its ETag, is still it."""
    reply = Response(b"", 304, dict(headers))
    reply.set_etag(tag)
    del reply.headers["Content-Type"]
    return reply


def refuse_unknown_parameters(app: Quart) -> None:
    """Refuse query parameters of API routes that take none; the others' models refuse their own."""

    @app.before_request
    async def refuse() -> None:
        rule = request.url_rule
        if not request.args or rule is None or not rule.rule.startswith("/api/"):
            return
        if not hasattr(app.view_functions[rule.endpoint], QUART_SCHEMA_QUERYSTRING_ATTRIBUTE):
            name = next(iter(request.args))
            raise BadInput(
                "This address takes no query parameters.",
                fields=[FieldError(name, "extra_forbidden", "is not a parameter of this address")],
            )


def etag(version: int) -> dict[str, str]:
    """Return the header that names a resource's version."""
    return {"ETag": f'"{version}"'}


def expected_version(if_match: str | None) -> int | None:
    """Read `If-Match: "3"`; None when absent or `*`; -1, which fits no row, for a foreign tag."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
