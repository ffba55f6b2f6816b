"""What can go wrong between here and the server: each has a sentence and a way on."""

from dataclasses import dataclass


@dataclass
class ApiError(Exception):
    """A request that did not succeed.

    `sentence` says what happened, `way_on` what to do; `code` is the server's stable one, or ours.
    """

    sentence: str
    way_on: str
    code: str = ""
    status: int = 0

    def __str__(self) -> str:
        return f"{self.sentence} {self.way_on}".strip()


class Unreachable(ApiError):
    """No answer: refused, timed out, or the line was cut."""


class SignInEnded(ApiError):
    """401: the session is over."""


class NotAllowed(ApiError):
    """403: a right or a fresh proof is missing; `code` says which."""

    @property
    def needs_elevation(self) -> bool:
        """Whether proving again who one is opens it."""
        return self.code in {"step_up_required", "permission_missing"}


class Gone(ApiError):
    """404: it is not there any more."""


class Changed(ApiError):
    """409 or 412: its state does not allow that, or is not the one that was shown."""


class Refused(ApiError):
    """400, 413, 415 or 422: the server does not take what was sent."""


@dataclass
class Busy(ApiError):
    """429 or 503: to be tried again after `retry_after_s`."""

    retry_after_s: float = 5.0


class ServerFault(ApiError):
    """5xx: the server met something that it did not expect."""


class NotOurs(ApiError):
    """An answer that no CatchUp server of this version gives."""


class ConnectFailed(ApiError):
    """There is no way in: no token, no tunnel, a wrong password."""


def of_status(status: int, code: str, detail: str, retry_after_s: float | None) -> ApiError:
    """Make the error of a reply; `detail` is the server's sentence, perhaps empty."""
    if status == 401:
        return SignInEnded(
            detail or "The session has ended.", "Sign in again with Ctrl+L.", code, status
        )
    if status == 403:
        return NotAllowed(detail or "That is not allowed.", _of_forbidden(code), code, status)
    if status == 404:
        return Gone(detail or "It is not there any more.", "Press r to look again.", code, status)
    if status in {409, 412}:
        return Changed(
            detail or "It has changed meanwhile.", "Press r and look again.", code, status
        )
    if status in {429, 503}:
        wait = retry_after_s if retry_after_s is not None else 5.0
        said = detail or ("Too many requests." if status == 429 else "The server is not ready.")
        return Busy(said, f"It is tried again in {wait:.0f} s.", code, status, wait)
    if status >= 500:
        return ServerFault(
            detail or "The server failed at this.",
            "Screen Logs says more; `catchup doctor` checks the parts.",
            code or "internal",
            status,
        )
    return Refused(detail or "The server did not take that.", "Correct it.", code, status)


def _of_forbidden(code: str) -> str:
    if code in {"step_up_required", "permission_missing"}:
        return "Press Ctrl+E to elevate."
    if code == "mfa_required":
        return "An admin needs a second factor: turn it on, then sign in again."
    return "Ask an admin for the right."
