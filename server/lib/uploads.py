"""Files in request bodies: larger than JSON may be, sent raw or as the `file` part of a form."""

from dataclasses import dataclass
from typing import Any, cast

from quart import Quart, Request, request

from server.errors import BadInput, FieldError

IMPORT_SUFFIX = "/import"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; `name` is what the client calls it, if it says."""

    data: bytes
    name: str | None


def accept_imports(app: Quart, *, max_bytes: int) -> None:
    """Let bodies of routes that end in /import be `max_bytes` long; others keep the app's limit.

    Quart fixes the limit when the request begins, before any route is known.
    """

    class ImportRequest(Request):
        def __init__(
            self,
            method: str,
            scheme: str,
            path: str,
            *more: Any,
            max_content_length: int | None = None,
            **options: Any,
        ) -> None:
            limit = max_bytes if path.endswith(IMPORT_SUFFIX) else max_content_length
            super().__init__(method, scheme, path, *more, max_content_length=limit, **options)
            self.max_content_length = limit

    app.request_class = ImportRequest


async def read_upload() -> Upload:
    """Read the body of the current request as a file.

    Raises:
        BadInput: a form without a `file` part, or nothing at all.
    """
    if request.mimetype == "multipart/form-data":
        part = (await request.files).get("file")
        upload = Upload(part.read(), part.filename or None) if part is not None else None
    else:
        upload = Upload(cast(bytes, await request.get_data()), None)
    if upload is None or not upload.data:
        raise BadInput(
            "Send the file as the body, or as the part `file` of a form.",
            code="file_missing",
            fields=[FieldError("file", "missing", "is missing or empty")],
        )
    return upload
