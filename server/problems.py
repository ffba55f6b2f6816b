"""Every error as RFC 9457 `application/problem+json`; nothing personal, nothing of the inside."""

import errno
import json
from typing import Any

import asyncpg
import structlog
from pydantic import ValidationError
from quart import Quart, Response, g, request
from quart_schema import RequestSchemaValidationError, ResponseSchemaValidationError
from werkzeug.exceptions import HTTPException

from server import logs, reporting
from server.db_connections import DatabaseAway
from server.errors import BadInput, CatchUpError, FieldError, Unavailable

log = structlog.get_logger()

# code and sentence for what the web framework refuses by itself
_HTTP = {
    400: ("malformed", "The request could not be read."),
    404: ("not_found", "There is no such object."),
    405: ("method_not_allowed", "This address does not take that method; see Allow."),
    408: ("timeout", "The request took too long to arrive."),
    413: ("too_large", "The body is over its limit."),
    415: ("unsupported_media_type", "The body's Content-Type is not one this address takes."),
    431: ("headers_too_large", "The headers are over their limit."),
}

# What is refused is named, not echoed: a body of a million unknown fields gets a short reply.
MOST_FIELDS = 100
LONGEST_NAME = 200

# PostgreSQL took one of two transactions back that could not both go on.
_ROLLED_BACK = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)


def problem(error: CatchUpError) -> Response:
    """Turn an error into its reply."""
    body: dict[str, Any] = {
        "type": f"/api/docs#{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": g.get("request_id", ""),
    }
    if error.fields:
        body["errors"] = [
            {"field": f.field[:LONGEST_NAME], "code": f.code, "message": f.message}
            for f in error.fields[:MOST_FIELDS]
        ]
    reply = Response(
        # A refused name may hold half of a surrogate pair, which UTF-8 cannot say.
        json.dumps(body, ensure_ascii=False).encode(errors="replace"),
        status=error.status,
        content_type="application/problem+json",
    )
    if error.status == 401:
        reply.headers["WWW-Authenticate"] = "Bearer"
    reply.headers.update(error.headers)
    return reply


def register(app: Quart) -> None:
    """Give the app its error handlers."""
    app.register_error_handler(CatchUpError, problem)
    app.register_error_handler(RequestSchemaValidationError, _bad_request)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def field_errors(error: ValidationError) -> list[FieldError]:
    """Name each refused field by its path, and why, without quoting what was sent."""
    return [
        FieldError(
            field=".".join(str(part) for part in item["loc"]) or "body",
            code=item["type"],
            message=item["msg"].removeprefix("Value error, "),
        )
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _bad_request(error: RequestSchemaValidationError) -> Response:
    cause = error.validation_error
    fields = field_errors(cause) if isinstance(cause, ValidationError) else []
    if not fields:
        return problem(BadInput("The body must be a JSON object.", code="malformed"))
    names = ", ".join(sorted({f.field[:LONGEST_NAME] for f in fields})[:5])
    return problem(BadInput(f"Some fields were refused: {names}.", fields=fields))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code, sentence = _HTTP.get(status, (f"http_{status}", error.name))
    refused = CatchUpError(sentence, code=code)
    refused.status, refused.title = status, error.name.capitalize()
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        refused.headers["Allow"] = ", ".join(sorted(allowed))
    return problem(refused)


async def _unexpected(error: Exception) -> Response:
    if isinstance(error, DatabaseAway):
        log.warning("database.unavailable", error=error.reason, where=logs.where(error))
        return problem(
            Unavailable("The database cannot be reached just now.", code="database_unavailable")
        )
    if isinstance(error, _ROLLED_BACK):
        log.warning("database.rolled_back", error=type(error).__name__, where=logs.where(error))
        return problem(
            Unavailable(
                "Another request was changing the same; nothing was stored, try again.",
                code="try_again",
                retry_after_s=1,
            )
        )
    if isinstance(error, OSError) and error.errno in _DISK_IS_FULL:
        log.error("disk.full", where=logs.where(error))
        return problem(Unavailable("The server's disk is full.", code="disk_full"))
    if isinstance(error, ResponseSchemaValidationError):
        log.error("response.invalid", error=type(error.validation_error).__name__)
    else:
        log.error("request.failed", error=type(error).__name__, where=logs.where(error))
    rule = request.url_rule
    reporting.capture(
        error, transaction=rule.rule if rule else "-", request_id=g.get("request_id", "")
    )
    return problem(CatchUpError("Something broke on our side; the log has the request's id."))
