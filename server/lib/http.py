"""What several routes need of HTTP: documented errors, versions as ETags."""

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from pydantic import BaseModel
from quart import Quart, Response, request
from quart_schema.validation import QUART_SCHEMA_QUERYSTRING_ATTRIBUTE

from server.errors import BadInput, FieldError, PreconditionFailed

ADMIN_PATH = "/api/admin/"
MOST_TAGS = 10
"""In one If-Match: each is tried."""

F = TypeVar("F", bound=Callable[..., object])
P = ParamSpec("P")
T = TypeVar("T")
_TAG = re.compile(r'(?:W/)?"[^"]*"|[^\s,]+')
_TRIED: ContextVar[str | None] = ContextVar("tried_tag", default=None)


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


def accepts_webhook(content_type: str) -> Callable[[F], F]:
    """Document a route whose body is a provider's, in the form that the provider documents."""

    def decorate(handler: F) -> F:
        handler.webhook_type = content_type  # type: ignore[attr-defined]
        return handler

    return decorate


def answers_file(
    *content_types: str,
    has_etag: bool = False,
    models: Mapping[str, type[BaseModel]] | None = None,
) -> Callable[[F], F]:
    """Document a route that answers a file of one of these types; `models` are those in JSON.

    With an ETag it also answers 304.
    """

    def decorate(handler: F) -> F:
        handler.answer_types = content_types  # type: ignore[attr-defined]
        handler.answer_models = models or {}  # type: ignore[attr-defined]
        handler.answers_unchanged = has_etag  # type: ignore[attr-defined]
        return handler

    return decorate


def not_modified(tag: str, headers: Mapping[str, str]) -> Response:
    """Return a 304: what the caller has, by its ETag, is still it."""
    reply = Response(b"", 304, dict(headers))
    reply.set_etag(tag)
    del reply.headers["Content-Type"]
    return reply


def refuse_unknown_parameters(handler: Callable[..., object]) -> None:
    """Refuse query parameters of a route that takes none; the others' models refuse their own.

    Raises:
        BadInput: there is one. Only below /api: a monitor may add what it likes.
    """
    if not request.query_string or hasattr(handler, QUART_SCHEMA_QUERYSTRING_ATTRIBUTE):
        return
    name = next(iter(request.args), None)
    if name is not None and request.path.startswith("/api/"):
        raise BadInput(
            "This address takes no query parameters.",
            fields=[FieldError(name, "extra_forbidden", "is not a parameter of this address")],
        )


def has_arrived() -> bool:
    """Say whether the current request's body is here, whole; Quart would only wait for it."""
    return request.body._complete.is_set()  # noqa: SLF001


def etag(version: int) -> dict[str, str]:
    """Return the header that names a resource's version."""
    return {"ETag": f'"{version}"'}


def tries_each_tag(handler: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Let an edit take `If-Match: "a", "b"`: any of them fits (RFC 9110, 13.1.1).

    An object has one version, so the edit is tried for one tag after the other; a try that finds
    another version has changed nothing.

    Raises:
        PreconditionFailed: none fits. BadInput: as `expected_tags`.
    """

    @wraps(handler)
    async def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        tags = expected_tags(request.headers.get("If-Match"))
        for tag in (tags or [])[:-1]:
            token = _TRIED.set(tag)
            try:
                return await handler(*args, **kwargs)
            except PreconditionFailed:
                continue
            finally:
                _TRIED.reset(token)
        return await handler(*args, **kwargs)

    return tried


def expected_tags(if_match: str | None) -> list[str] | None:
    """Read `If-Match: "x", "y"` as [x, y]; None when absent or `*`.

    A weak tag fits nothing, as the comparison is strong (RFC 9110, 13.1.1): it is read as "".

    Raises:
        BadInput: `several_tags`: more than anybody has read, or `*` among others.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = list(dict.fromkeys(_TAG.findall(if_match)))
    if len(tags) > MOST_TAGS or "*" in tags:
        raise BadInput(
            "If-Match takes the ETag that you read.",
            fields=[
                FieldError("If-Match", "several_tags", f"must be up to {MOST_TAGS} ETags, or *")
            ],
        )
    return ["" if tag.startswith("W/") else tag.strip('"') for tag in tags] or [""]


def expected_version(if_match: str | None) -> int | None:
    """Read `If-Match: "3"`; None when absent or `*`; -1, which fits no row, for a foreign tag.

    What follows the version in a tag that a GET gave (`name_replies`) says nothing about what
    an edit would overwrite. Of several tags it is the one that `tries_each_tag` is at, else the
    last. Raises as `expected_tags`.
    """
    tags = expected_tags(if_match)
    if tags is None:
        return None
    tag = tags[-1] if (tried := _TRIED.get()) is None else tried
    text = tag.partition(".")[0]
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def name_replies(app: Quart) -> None:
    """Let a GET of one object answer 304 to who has it already, and any GET of an admin's.

    An object shows more than its version tells (a contact's last talk, its reader's groups), so
    its ETag there is the version and a hash of the reply; `expected_version` reads both forms.
    What admins read is asked for again and again by a dashboard: its ETag is a hash of the reply.
    """

    @app.after_request
    async def named(response: Response) -> Response:
        if response.status_code != 200 or request.method not in {"GET", "HEAD"}:
            return response
        tag, _ = response.get_etag()
        is_admins = not tag and request.path.startswith(ADMIN_PATH)
        if not is_admins and not (tag and tag.isdigit()):
            return response
        body = await response.get_data(as_text=False)
        digest = urlsafe_b64encode(hashlib.sha256(body).digest()[:9]).decode()
        name = digest if is_admins else f"{tag}.{digest}"
        response.set_etag(name, weak=is_admins)
        if request.if_none_match.contains_weak(name):
            response.status_code = 304
            response.set_data(b"")
            del response.headers["Content-Type"]
        return response
