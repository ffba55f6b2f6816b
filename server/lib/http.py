"""What several routes need of HTTP: bodies, documented errors, versions as ETags."""

from collections.abc import Callable
from typing import Any, TypeVar

from quart import Request

F = TypeVar("F", bound=Callable[..., object])


class JsonRequest(Request):
    """A request whose body is refused with 400 whatever is wrong with it as JSON."""

    async def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """Return the parsed body; Quart itself lets these two errors through as 500."""
        try:
            return await super().get_json(force, silent, cache)
        except (UnicodeDecodeError, RecursionError) as error:
            return self.on_json_loading_failed(error)


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


def answers_file(content_type: str) -> Callable[[F], F]:
    """Document a route that answers a file."""

    def decorate(handler: F) -> F:
        handler.answer_type = content_type  # type: ignore[attr-defined]
        return handler

    return decorate


def etag(version: int) -> dict[str, str]:
    """Return the header that names a resource's version."""
    return {"ETag": f'"{version}"'}


def expected_version(if_match: str | None) -> int | None:
    """Read `If-Match: "3"`; None when absent or `*`; -1, which fits no row, for a foreign tag."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
