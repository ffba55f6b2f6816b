"""The log in the shapes of the API and the command line."""

import asyncio
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from pathlib import Path
from typing import cast

from server.admin import log_lines
from server.admin.log_lines import LogLine, NoLog
from server.admin.schemas_logs import LogLevel, LogLineOut, LogPage, LogsQuery
from server.errors import Unavailable
from server.lib import cursors
from server.lib.paging import read_cursor

MOST_READ = 200_000
"""Lines that are looked at for one page."""
DISORDER = timedelta(seconds=2)
"""Lines of one process are written this much out of order at most."""
_ORDER: tuple[LogLevel, ...] = ("debug", "info", "warning", "error", "critical")

Key = tuple[datetime, str]


async def list_lines(query: LogsQuery, *, home: Path) -> LogPage:
    """Return lines, oldest first: the newest (or oldest), those before, or those after a place.

    Raises:
        BadInput: a cursor is not one of this list.
        Unavailable: `no_log`: this process may read none.
    """
    before = cast(Key | None, read_cursor(query.before, (datetime, str), field="before"))
    after = cast(Key | None, read_cursor(query.after, (datetime, str), field="after"))
    try:
        return await asyncio.to_thread(_page, query, home, before, after)
    except NoLog as error:
        raise Unavailable(str(error), code="no_log", retry_after_s=60) from None


def _page(query: LogsQuery, home: Path, before: Key | None, after: Key | None) -> LogPage:
    if query.sort == "oldest":
        since = after[0] - DISORDER if after else None
        found = _first(_found(log_lines.oldest_first(home, since=since), query, None, after), query)
    else:
        found = list(_found(log_lines.newest_first(home), query, before, after))
    found.sort(key=lambda line: line.key)
    # Who follows gets the oldest of what is new, so that nothing is left out.
    page = found[: query.limit] if after or query.sort == "oldest" else found[-query.limit :]
    last = page[-1].key if page else after
    return LogPage(
        items=[
            LogLineOut(
                at=line.at,
                level=line.level,
                process=line.process,
                event=line.event,
                fields=line.fields,
            )
            for line in page
        ],
        next_after=cursors.encode(last) if last else None,
        next_before=cursors.encode(page[0].key) if _goes_back(page, query) else None,
    )


def _goes_back(page: list[LogLine], query: LogsQuery) -> bool:
    return len(page) == query.limit and query.sort == "newest"


def _first(lines: Iterator[LogLine], query: LogsQuery) -> list[LogLine]:
    """Return the first lines of a page, and what was written a little later but may be older."""
    found = list(islice(lines, query.limit))
    if found:
        end = max(line.at for line in found) + DISORDER
        found += takewhile(lambda line: line.at <= end, lines)
    return found


def _found(
    lines: Iterable[LogLine], query: LogsQuery, before: Key | None, after: Key | None
) -> Iterator[LogLine]:
    least, text = _ORDER.index(query.level), (query.q or "").lower()
    count = 0
    for line in islice(lines, MOST_READ):
        if after and query.sort == "newest" and line.at < after[0] - DISORDER:
            return
        if (after and line.key <= after) or (before and line.key >= before):
            continue
        if (query.until and line.at > query.until) or _ORDER.index(line.level) < least:
            continue
        if (query.process and line.process != query.process) or (text and text not in _text(line)):
            continue
        yield line
        count += 1
        if count == query.limit and not after and query.sort == "newest":
            return


def _text(line: LogLine) -> str:
    return f"{line.event} {line.fields}".lower()
