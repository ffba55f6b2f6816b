"""Files in request bodies: larger than JSON may be, sent raw or as the `file` part of a form."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any

from quart import Quart, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from server.errors import BadInput, FieldError
from server.lib.json_bodies import JsonRequest

IMPORT_SUFFIX = "/import"
IMPORT_TIMEOUT_S = 600
"""How long an imported file may take to arrive; other bodies have Quart's BODY_TIMEOUT."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, at its beginning; `name` is what the client calls it, if it says."""

    file: IO[bytes]
    name: str | None


def accept_imports(app: Quart, *, max_bytes: int) -> None:
    """Let bodies of routes that end in /import be `max_bytes` long; others keep the app's limit.

    Quart fixes the limit when the request begins, before any route is known.
    """

    class ImportRequest(JsonRequest):
        def __init__(
            self,
            method: str,
            scheme: str,
            path: str,
            *more: Any,
            max_content_length: int | None = None,
            **options: Any,
        ) -> None:
            limit = max_content_length
            if path.endswith(IMPORT_SUFFIX):
                limit = max_bytes
                options["body_timeout"] = IMPORT_TIMEOUT_S
            super().__init__(method, scheme, path, *more, max_content_length=limit, **options)
            self.max_content_length = limit

    app.request_class = ImportRequest


@asynccontextmanager
async def uploaded_file() -> AsyncIterator[Upload]:
    """Lend the file of the current request; it lies on disk, not in memory, and is gone afterwards.

    Raises:
        BadInput: `file_missing`: a form without a `file` part, or nothing at all.
    """
    if request.mimetype == "multipart/form-data":
        part = (await request.files).get("file")
        if part is None:
            raise _missing()
        yield _checked(Upload(part.stream, part.filename or None))
        return
    with tempfile.TemporaryFile(prefix="catchup-") as spool:
        try:
            async with asyncio.timeout(request.body_timeout):
                await _spool(spool)
        except TimeoutError:
            raise RequestTimeout from None
        spool.seek(0)
        yield _checked(Upload(spool, None))


async def _spool(file: IO[bytes]) -> None:
    async for chunk in request.body:
        file.write(chunk)
        # Quart 0.23 counts only what it reads whole.
        if request.max_content_length and file.tell() > request.max_content_length:
            raise RequestEntityTooLarge


def _checked(upload: Upload) -> Upload:
    if not upload.file.read(1):
        raise _missing()
    upload.file.seek(0)
    return upload


def _missing() -> BadInput:
    return BadInput(
        "Send the file as the body, or as the part `file` of a form.",
        code="file_missing",
        fields=[FieldError("file", "missing", "is missing or empty")],
    )
