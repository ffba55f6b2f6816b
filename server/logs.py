"""JSON logs, one line an event, with the request's id; never personal content."""

import logging
import sys
from json.encoder import encode_basestring_ascii

import structlog

from server.lib.clock import utc_now

# Whether INFO is written: what `write_request` asks instead of structlog.
_writes_requests: list[bool] = []


def configure(level: str) -> None:
    """Send our log and the libraries' to standard error, as JSON lines."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    _writes_requests[:] = [True] if threshold <= logging.INFO else []
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_traceback,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    handler.addFilter(_first_line_of_asyncio)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(threshold, logging.WARNING))


def write_request(method: str, route: str, status: int, request_id: str) -> None:
    """Write a request's line as structlog would, for a sixth of its time: each request has one."""
    if not _writes_requests:
        return
    now = utc_now().isoformat().replace("+00:00", "Z")
    quoted = encode_basestring_ascii(method), encode_basestring_ascii(route)
    sys.stderr.write(
        f'{{"method": {quoted[0]}, "route": {quoted[1]}, "status": {status}, "event": "request", '
        f'"request_id": "{request_id}", "level": "info", "timestamp": "{now}"}}\n'
    )


def where(error: BaseException) -> list[str]:
    """Return the last steps to an error, files and lines only: its text may quote data."""
    steps, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        steps.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return steps[-8:]


def _first_line_of_asyncio(record: logging.LogRecord) -> bool:
    """Cut the event loop's report of a lost error: below its first line it quotes the error."""
    if record.name == "asyncio":
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
    return True


def _without_traceback(
    _logger: object, _name: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    """An exception's text may quote a statement's values: keep its class only."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[0] is not None:
        event["error"] = error[0].__name__
    return event
