"""Files in request bodies: larger than JSON may be, sent raw or as the `file` part of a form."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from quart import Quart, g, request
from werkzeug.exceptions import RequestEntityTooLarge, RequestTimeout

from server.errors import BadInput, FieldError
from server.lib.json_bodies import JsonRequest

FILE_TIMEOUT_S = 600
"""How long a file may take to arrive; other bodies have Quart's BODY_TIMEOUT."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came, at its beginning; `name` is what the client calls it, if it says."""

    file: IO[bytes]
    name: str | None


def accept_files(app: Quart, limits: Mapping[str, int]) -> None:
    """Let bodies be as long as `limits` says for an address, or for its last part: {it: bytes}.

    Other routes keep the app's limit. Quart fixes it when the request begins, before any route
    is known.
    """

    class FileRequest(JsonRequest):
        def __init__(
            self,
            method: str,
            scheme: str,
            path: str,
            *more: Any,
            max_content_length: int | None = None,
            **options: Any,
        ) -> None:
            last = path.rsplit("/", 1)[-1]
            limit = limits.get(path, limits.get(last, max_content_length))
            if last in limits:
                options["body_timeout"] = FILE_TIMEOUT_S
            super().__init__(method, scheme, path, *more, max_content_length=limit, **options)
            self.max_content_length = limit

    app.request_class = FileRequest


@asynccontextmanager
async def uploaded_file() -> AsyncIterator[Upload]:
    """Lend the file of the current request; it lies on disk, not in memory, and is gone afterwards.

    Raises:
        BadInput: `file_missing`: a form without a `file` part, or nothing at all.
    """
    upload = upload_at_hand()
    if upload is not None:
        yield upload
        return
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


@asynccontextmanager
async def received_file() -> AsyncIterator[Upload]:
    """Receive the file before the route does, which then gets this one; raises alike."""
    async with uploaded_file() as upload:
        g.received_file = upload
        try:
            yield upload
        finally:
            del g.received_file


def upload_at_hand() -> Upload | None:
    """Return the file that `received_file` lends now."""
    return cast(Upload | None, g.get("received_file"))


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
