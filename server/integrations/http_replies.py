"""What an HTTP status and its headers mean for a message, whoever sent them. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from server.integrations.channel import Refused, Unclear

# These say that nothing was done; another server of theirs may say 502 or 504 after it was.
_NOT_DONE = {HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE}
# Wrong settings on our side, or a busy provider: the same message may leave later.
_LATER = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}
_FIRST_ERROR, _FIRST_SERVER_ERROR = 400, 500


def refusal(
    status: int, headers: Mapping[str, str], *, code: str, is_theirs: bool, now: datetime
) -> Refused | Unclear:
    """Judge a reply that is no success.

    `is_theirs`: the body is one that the provider's own program writes; a 5xx without it comes
    from something in between, which cannot know what happened behind it.
    """
    after_s = retry_after_s(headers, now=now)
    if status >= _FIRST_SERVER_ERROR:
        if status not in _NOT_DONE or not (is_theirs or status == HTTPStatus.SERVICE_UNAVAILABLE):
            return Unclear(code, after_s)
        return Refused(code, is_permanent=False, retry_after_s=after_s)
    is_permanent = status >= _FIRST_ERROR and status not in _LATER
    return Refused(code, is_permanent=is_permanent, retry_after_s=after_s)


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return how long to stay away, by Retry-After (seconds or a date) or X-RateLimit-Reset.

    A date counts from the reply's own `Date`: the provider's clock, not ours. Only a reply without
    one is measured by `now`. None where there is nothing that can be understood.
    """
    by_name = {name.lower(): value for name, value in headers.items()}
    sent_s = _moment_s(by_name.get("date"))
    if sent_s is None:
        sent_s = now.timestamp()
    after = by_name.get("retry-after")
    if after is not None:
        seconds = _number(after)
        return seconds if seconds is not None else _left_s(_moment_s(after), sent_s)
    return _left_s(_number(by_name.get("x-ratelimit-reset")), sent_s)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return max(number, 0.0) if math.isfinite(number) else None


def _left_s(until_s: float | None, now_s: float) -> float | None:
    return None if until_s is None else max(until_s - now_s, 0.0)


def _moment_s(text: str | None) -> float | None:
    """Read a date of HTTP in any of its three forms; one that names no zone is in GMT."""
    try:
        moment = parsedate_to_datetime(text or "")
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
