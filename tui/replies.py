"""What goes over the line: parameters of a request, the value or the error of a reply.

Import it after the first frame: it brings httpx2 along.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import httpx2
from pydantic import BaseModel, ValidationError

from tui.errors import ApiError, NotOurs, of_status

Shape = TypeVar("Shape", bound=BaseModel)
Params = Mapping[str, object]


def error_of(reply: httpx2.Response) -> ApiError:
    """Return the error of a reply; its sentence is the server's, with up to three fields."""
    try:
        problem = reply.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    detail = str(problem.get("detail", ""))
    fields = problem.get("errors")
    if isinstance(fields, list):
        detail = " ".join([detail, *map(_field, fields[:3])])
    wait = reply.headers.get("Retry-After", "")
    return of_status(
        reply.status_code,
        str(problem.get("code", "")),
        detail,
        float(wait) if wait.isdigit() else None,
    )


def _field(error: object) -> str:
    return f"{error.get('field')}: {error.get('message')}." if isinstance(error, dict) else ""


def read(reply: httpx2.Response, shape: type[Shape]) -> Shape:
    """Return what a reply says; fields that `shape` does not know are ignored. Raises NotOurs."""
    try:
        return shape.model_validate_json(reply.content, extra="ignore")
    except ValidationError:
        raise NotOurs(
            "The server's answer was not understood.",
            "Is this dashboard older than the server? `catchup --version` says.",
            "not_understood",
            reply.status_code,
        ) from None


def query_of(params: Params) -> dict[str, str]:
    """Return parameters as they are written; those that are None are left out."""
    return {name: _text(value) for name, value in params.items() if value is not None}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | int | float | str):
        return str(value)
    raise TypeError(f"cannot ask for {type(value).__name__}")
