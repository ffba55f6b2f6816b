"""Field types shared by every schemas.py: what text, a zone, an e-mail may be."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StrictInt,
)
from pydantic_core import CoreSchema, core_schema

from server.lib.clock import is_zone
from server.lib.texts import clean_text, exact_text


class Shape(BaseModel):
    """A request or reply: immutable, unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def absent(**more: Any) -> Any:
    """Declare a field of a PATCH body: it may be left out, but null only if its type says so.

    Ask `model_fields_set` whether it came; a factory keeps a false default out of OpenAPI.
    `more` goes to pydantic's Field.
    """
    return Field(default_factory=lambda: None, **more)


def _one_line(value: str) -> str:
    return clean_text(value, multiline=False)


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("must be an IANA time zone such as Europe/Berlin")
    return value


LONGEST_EMAIL = 320


def canonical_email(value: str) -> str:
    """Return the form in which addresses are stored, compared and counted: one for all its ways.

    Stripped, NFKC (so that full-width letters are the letters that they look like), lower case.

    Raises:
        ValueError: it cannot be an address.
    """
    text = unicodedata.normalize("NFKC", clean_text(value, multiline=False)).lower()
    local, at, domain = text.rpartition("@")
    if (
        not at
        or not local
        or "." not in f"{domain}."
        or not domain
        or text.split() != [text]
        or len(text) > LONGEST_EMAIL
    ):
        raise ValueError("must be an e-mail address such as ana@example.org")
    return text


def _whole(value: object) -> object:
    """To JSON Schema, and to clients that know no integers, 7.0 is the integer 7."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


_ISO = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def _written(value: object) -> object:
    """Pydantic would take a number for seconds since 1970, which nobody means."""
    if isinstance(value, datetime) or (isinstance(value, str) and _ISO.match(value)):
        return value
    raise ValueError("must be an ISO 8601 time with an offset such as 2026-03-01T18:30:00+01:00")


def _sane(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise ValueError("must lie between the years 1900 and 2199")
    return value.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Length:
    """How many characters a text may have, counted after it was cleaned: as it is stored.

    Pydantic's own limits would count before: blanks alone would pass for a name, and a text
    that normalisation makes longer would not fit its column.
    """

    shortest: int
    longest: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after what stands before in the annotation."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Document the limits."""
        return handler(schema) | {"minLength": self.shortest, "maxLength": self.longest}

    def _check(self, value: str) -> str:
        if len(value) < self.shortest:
            raise ValueError("must not be empty")
        if len(value) > self.longest:
            raise ValueError(f"must have at most {self.longest} characters")
        return value


Whole = Annotated[StrictInt, BeforeValidator(_whole)]
"""A whole number: 7 and 7.0, never "7" or true."""
Text = Annotated[str, AfterValidator(_one_line)]
"""One line, without white space around it, in Unicode form NFC."""
ExactText = Annotated[str, AfterValidator(exact_text)]
"""Any number of lines, kept exactly as they came."""
LongText = Annotated[ExactText, Field(max_length=50_000)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
EmailText = Annotated[
    str, Field(min_length=3, max_length=LONGEST_EMAIL), AfterValidator(canonical_email)
]
Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_sane)]
"""An instant with an offset; kept as UTC."""
