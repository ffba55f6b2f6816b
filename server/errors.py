"""The CatchUpError family. One handler (server/app.py) turns all of them into problem+json."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that was refused: its path (`phones.0.value`), a stable code, a sentence."""

    field: str
    code: str
    message: str


class CatchUpError(Exception):
    """An expected failure with an HTTP status and a stable `code`.

    `detail` is read by people: it says what was wrong and how to mend it, and never carries
    a secret or personal content.
    """

    status = 500
    code = "internal"
    title = "Internal error"
    keeps_effect = False
    """Whether what was written before it was raised stays, though the request is refused."""

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        fields: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.fields = fields or []
        self.headers = dict(headers or {})


class BadInput(CatchUpError):
    """400: something in the request is wrong; `fields` names each."""

    status = 400
    code = "bad_input"
    title = "Bad input"


class Unauthorized(CatchUpError):
    """401: no, broken, expired or revoked credentials."""

    status = 401
    code = "unauthorized"
    title = "Sign in first"


class Forbidden(CatchUpError):
    """403: signed in, but without the permission. Never used for another user's object."""

    status = 403
    code = "forbidden"
    title = "Not allowed"


class NotFound(CatchUpError):
    """404: nobody in the caller's scope has such an object; the same for foreign and absent."""

    status = 404
    code = "not_found"
    title = "Not found"

    def __init__(
        self, detail: str = "There is no such object.", *, code: str | None = None
    ) -> None:
        super().__init__(detail, code=code)


class Conflict(CatchUpError):
    """409: the object is not in the state that this needs, or already exists."""

    status = 409
    code = "conflict"
    title = "Conflict"


class Overtaken(Conflict):
    """409: what was asked is not possible any more, and the reply says what became of it instead.

    Raise it after the commit of that; a write with an Idempotency-Key commits it, too.
    """

    keeps_effect = True


class PreconditionFailed(CatchUpError):
    """412: `If-Match` names another version."""

    status = 412
    code = "precondition_failed"
    title = "Changed meanwhile"


class TooLarge(CatchUpError):
    """413: the body is over its limit."""

    status = 413
    code = "too_large"
    title = "Body too large"


class RateLimited(CatchUpError):
    """429: too many requests; `Retry-After` says when to come back."""

    status = 429
    code = "rate_limited"
    title = "Too many requests"


class Unavailable(CatchUpError):
    """503: a part of the server is down; `Retry-After` is always set."""

    status = 503
    code = "unavailable"
    title = "Temporarily unavailable"

    def __init__(self, detail: str, *, code: str | None = None, retry_after_s: int = 5) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after_s)})


class ProviderError(CatchUpError):
    """An outside service failed; `retryable` tells the job whether to try again."""

    status = 502
    code = "provider_failed"
    title = "A provider failed"

    def __init__(self, detail: str, *, retryable: bool, code: str | None = None) -> None:
        super().__init__(detail, code=code)
        self.retryable = retryable
