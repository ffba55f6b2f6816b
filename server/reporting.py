"""Unexpected errors to Sentry, where SENTRY_DSN is set: where they happened, never about whom.

Whatever the SDK gathers, only what `_ERROR`, `_FRAME` and `_TRACE` list leaves the machine: no
message (it may quote data), no variable, no URL, header, body, breadcrumb or host name.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from server.config import Settings
from server.lib.version import VERSION

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

FLUSH_S = 2.0

_COMMON = ("event_id", "timestamp", "platform", "level", "release", "environment", "transaction")
_ERROR = (*_COMMON, "tags")
_FRAME = ("filename", "module", "function", "lineno", "in_app")
_TRACE = (*_COMMON, "type", "start_timestamp", "transaction_info")
_TRACE_CONTEXT = ("trace_id", "span_id", "op", "status")

_started: list[bool] = []


def start(settings: Settings) -> None:
    """Start reporting if SENTRY_DSN is set; the SDK is not even imported otherwise."""
    if settings.sentry_dsn is None or _started:
        return
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        release=f"catchup@{VERSION}",
        environment=settings.app_env,
        traces_sample_rate=settings.sentry_traces_sample_rate,
        send_default_pii=False,
        # They read requests, logs and arguments, and import every SDK that they find.
        auto_enabling_integrations=False,
        default_integrations=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        server_name="",
        auto_session_tracking=False,
        send_client_reports=False,
        propagate_traces=False,
        before_send=_only_listed,
        before_send_transaction=_only_listed,
    )
    _started.append(True)


def stop() -> None:
    """Send what is still waiting, for at most 2 s, and stop reporting."""
    if _started:
        import sentry_sdk

        sentry_sdk.get_client().close(timeout=FLUSH_S)
        _started.clear()


def capture(error: BaseException, *, transaction: str, request_id: str = "") -> None:
    """Report an unexpected error; nothing happens where reporting is off.

    `transaction`: the route's template (`/api/contacts/<uuid:contact_id>`) or the job's function.
    """
    if not _started:
        return
    import sentry_sdk

    with sentry_sdk.new_scope() as scope:
        scope.set_transaction_name(transaction)
        scope.set_tag("request_id", request_id)
        sentry_sdk.capture_exception(error)


def trace(transaction: str) -> Callable[[int], None]:
    """Time a request from now on; call what is returned with the status of its reply.

    Reports the share of requests that SENTRY_TRACES_SAMPLE_RATE asks for.
    """
    if not _started:
        return _not_traced
    import sentry_sdk

    running = sentry_sdk.start_transaction(op="http.server", name=transaction, source="route")

    def finish(status: int) -> None:
        running.set_http_status(status)
        running.finish()

    return finish


def _not_traced(_status: int) -> None:
    """Stand in for the end of a trace that never began."""


def _only_listed(event: "Event", _hint: "Hint") -> "Event":
    whole = cast(dict[str, Any], event)
    if whole.get("type") == "transaction":
        kept = _some(whole, _TRACE)
        context = whole.get("contexts", {}).get("trace", {})
        return cast("Event", kept | {"contexts": {"trace": _some(context, _TRACE_CONTEXT)}})
    kept = _some(whole, _ERROR)
    kept["tags"] = _some(whole.get("tags") or {}, ("request_id",))
    kept["exception"] = {
        "values": [_exception(value) for value in whole.get("exception", {}).get("values", [])]
    }
    return cast("Event", kept)


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames", [])
    return _some(value, ("type", "module")) | {
        "stacktrace": {"frames": [_some(frame, _FRAME) for frame in frames]}
    }


def _some(whole: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: whole[name] for name in names if name in whole}
