"""Read a JSON export contact by contact: memory does not grow with the file."""

import codecs
import hashlib
import json
from collections.abc import Iterator
from typing import IO, Any, NoReturn

from pydantic import ValidationError

from server.contacts.file_drafts import draft_of_record
from server.contacts.import_entries import Entry, Read, Refused
from server.contacts.schemas_file import FORMAT, VERSION, ContactRecord

CHUNK_BYTES = 64 * 1024
MAX_CONTACT_CHARS = 2 * 1024 * 1024
"""Longest text of one contact; the fullest that the API takes, all of it to be escaped, has less.

One that kept a larger picture of a vCard aside goes as vCard, which has room for it.
"""

_REASONS_SHOWN = 3
_BLANKS = " \t\r\n"


class BadFile(Exception):
    """The file is no JSON export of ours; the text says where and why, without its content."""


def read_contacts(file: IO[bytes]) -> Iterator[Read]:
    """Yield every contact of an export, in order; one that cannot be stored is refused.

    Raises:
        BadFile: it is no JSON, no export of contacts, or of a later version.
    """
    text = _Text(file)
    text.expect("{", "the file is an object")
    seen: dict[str, Any] = {}
    while text.peek() != "}":
        name = text.value()
        if not isinstance(name, str) or name in seen:
            raise BadFile(f"line {text.line}: each member has a name of its own")
        text.expect(":", "a value follows its name")
        if name == "contacts":
            _check_head(seen)
            yield from _contacts(text)
            seen[name] = None
        else:
            seen[name] = text.value()
        if text.peek() != "}":
            text.expect(",", "a comma stands between two members")
    text.expect("}", "the object ends")
    if text.peek():
        raise BadFile(f"line {text.line}: nothing follows the object")
    _check_head(seen)
    if "contacts" not in seen:
        raise BadFile("there is no member `contacts`")


def _check_head(seen: dict[str, Any]) -> None:
    if seen.get("format") != FORMAT:
        raise BadFile(f"`format` must be `{FORMAT}` and stand before `contacts`")
    version = seen.get("version")
    if type(version) is not int or version != VERSION:
        raise BadFile(f"`version` must be {VERSION} and stand before `contacts`")


def _contacts(text: "_Text") -> Iterator[Read]:
    text.expect("[", "`contacts` is a list")
    position = 0
    while text.peek() != "]":
        position += 1
        line = text.line
        value, digest = text.hashed_value()
        yield _entry(position, line, value, digest)
        if text.peek() != "]":
            text.expect(",", "a comma stands between two contacts")
    text.expect("]", "the list ends")


def _entry(position: int, line: int, value: Any, digest: bytes) -> Read:
    name = value.get("name") if isinstance(value, dict) else None
    try:
        record = ContactRecord.model_validate_json(json.dumps(value))
        draft = draft_of_record(record, digest)
    except ValidationError as error:
        reason = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)[:_REASONS_SHOWN]
        )
    except ValueError as error:
        reason = str(error)
    else:
        return Entry(position, line, draft, archived_at=record.settings.archived_at)
    shown = name[:255] if isinstance(name, str) and name.isprintable() else None
    return Refused(position, line, shown, "failed", "bad_contact", reason)


class _Text:
    """The characters of a file, read as far as they are needed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")
        self._json = json.JSONDecoder(parse_constant=_no_number)
        self._text = ""
        self._at = 0
        self._is_over = False
        self.line = 1

    def peek(self) -> str:
        """Return the next character that is no blank, empty at the end of the file."""
        while True:
            while self._at < len(self._text):
                char = self._text[self._at]
                if char not in _BLANKS:
                    return char
                self.line += char == "\n"
                self._at += 1
            if not self._more():
                return ""

    def expect(self, char: str, rule: str) -> None:
        """Take `char`, which must come next."""
        if self.peek() != char:
            raise BadFile(f"line {self.line}: not JSON as it should be; {rule}")
        self._at += 1

    def value(self) -> Any:
        """Take the next value."""
        return self.hashed_value()[0]

    def hashed_value(self) -> tuple[Any, bytes]:
        """Take the next value, and the SHA-256 of what it says, however it is spelled."""
        self.peek()
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._at)
            except RecursionError:
                raise BadFile(f"line {self.line}: too many brackets") from None
            except ValueError:
                end = len(self._text)
                value = None
            # A number may go on behind what was read.
            if end < len(self._text) or self._is_over:
                break
            if len(self._text) - self._at > MAX_CONTACT_CHARS:
                raise BadFile(
                    f"line {self.line}: one value has over {MAX_CONTACT_CHARS} characters"
                )
            self._more()
        if end == len(self._text) and value is None:
            self._refuse()
        self.line += self._text.count("\n", self._at, end)
        self._at = end
        spelled = json.dumps(value, sort_keys=True).encode()
        return value, hashlib.sha256(spelled).digest()

    def _more(self) -> bool:
        """Read on: as much again as is waiting, so that long values cost no more than short."""
        if self._is_over:
            return False
        waiting = self._text[self._at :]
        chunk = self._file.read(max(CHUNK_BYTES, len(waiting)))
        try:
            self._text = waiting + self._decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            raise BadFile(f"behind line {self.line}: the file is not UTF-8") from None
        self._at = 0
        self._is_over = not chunk
        return True

    def _refuse(self) -> NoReturn:
        raise BadFile(f"line {self.line}: not JSON")


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")
