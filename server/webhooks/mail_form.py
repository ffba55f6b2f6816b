"""An inbound mail as SendGrid posts it: a form whose fields have a charset each."""

import codecs
import json
from typing import IO, Any, Self

from werkzeug.datastructures import Headers
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, MultipartDecoder, NeedData

from server.errors import BadInput

MOST_PARTS = 200
LONGEST_FIELD = 2 * 2**20
"""Bytes that are kept of a field; of a raw mail its text comes before its attachments."""
LONGEST_HEAD = 64 * 1024
PIECE = 256 * 1024
_FALLBACKS = ("utf-8", "cp1252", "latin-1")
# Names that mails use and Python does not know.
_NAMES = {
    "windows-874": "cp874",
    "x-sjis": "shift_jis",
    "x-gbk": "gbk",
    "x-user-defined": "latin-1",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "ks_c_5601-1987": "cp949",
    "cp-850": "cp850",
    "ansi": "cp1252",
}
# No charsets of mail; some of them take time that grows with the square of a text.
_REFUSED = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "unicode-escape"}
)


class MailForm:
    """The fields of a form; its attachments were passed over."""

    def __init__(self, headers: Headers) -> None:
        """Read the boundary; raises BadInput `malformed` where there is none."""
        kind, options = parse_options_header(headers.get("Content-Type", ""))
        boundary = options.get("boundary", "")
        if kind != "multipart/form-data" or not boundary.isascii() or not boundary:
            raise _malformed()
        self.fields: dict[str, bytes] = {}
        self._decoder = MultipartDecoder(boundary.encode(), max_parts=MOST_PARTS)
        self._name: str | None = None
        self._is_over = False

    @classmethod
    def read(cls, file: IO[bytes], headers: Headers) -> Self:
        """Read a whole body.

        Raises:
            BadInput: `malformed`: it is no such form, or has too many parts.
        """
        form = cls(headers)
        while piece := file.read(PIECE):
            form._feed(piece)
        form._feed(None)
        return form

    def _feed(self, body: bytes | None) -> None:
        if self._is_over:
            return
        try:
            self._decoder.receive_data(body)
            while not isinstance(event := self._decoder.next_event(), NeedData):
                match event:
                    case Field():
                        self._name = event.name
                        self.fields.setdefault(event.name, b"")
                    case Data():
                        self._keep(event)
                    case Epilogue():
                        self._is_over = True
                        return
                    case _:  # a file, which nobody reads
                        self._name = None
        except (ValueError, RequestEntityTooLarge):
            raise _malformed() from None

    def text(self, name: str) -> str:
        """Return a field's text, by the charset that the form says it has; empty if absent."""
        charset = self._charsets().get(name)
        return decode(self.fields.get(name, b""), charset if isinstance(charset, str) else None)

    def json(self, name: str) -> dict[str, Any]:
        """Return a field that holds a JSON object; empty where it does not."""
        try:
            found = json.loads(self.fields.get(name, b"{}"))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _charsets(self) -> dict[str, Any]:
        return self.json("charsets")

    def _keep(self, event: Data) -> None:
        if self._name is not None:
            kept = self.fields[self._name]
            self.fields[self._name] = kept + event.data[: LONGEST_FIELD - len(kept)]
            if not event.more_data:
                self._name = None


def decode(raw: bytes, charset: str | None) -> str:
    """Decode text that somebody else wrote: by its charset if that fits, else by the likeliest.

    What no charset explains becomes U+FFFD; nothing is refused, for the words around it count.
    """
    name = (charset or "utf-8").strip().lower()
    name = _NAMES.get(name, name)
    for candidate in (name, *_FALLBACKS):
        try:
            if candidate not in _REFUSED and codecs.lookup(candidate).name not in _REFUSED:
                return _whole(raw.decode(candidate))
        except (LookupError, ValueError):
            continue
    return raw.decode("utf-8", "replace")


def _whole(text: str) -> str:
    """Replace halves of surrogate pairs, which some charsets give and UTF-8 cannot say."""
    return text.encode("utf-8", "replace").decode()


def _malformed() -> BadInput:
    return BadInput("The body must be a multipart form with a mail.", code="malformed")
