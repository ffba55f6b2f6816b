"""What several routes need of HTTP: documented errors, versions as ETags."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import BaseModel
from quart import Quart, request
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


def answers_file(*content_types: str, **models: type[BaseModel]) -> Callable[[F], F]:
    """Document a route that answers a file of one of these types; `models` are those in JSON."""

    def decorate(handler: F) -> F:
        handler.answer_types = content_types  # type: ignore[attr-defined]
        handler.answer_models = models  # type: ignore[attr-defined]
        return handler

    return decorate


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
