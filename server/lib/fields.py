"""Field types shared by every schemas.py: what text, a zone, an e-mail may be."""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from server.lib.clock import is_zone
from server.lib.texts import clean_text


class Shape(BaseModel):
    """A request or reply: immutable, unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_line(value: str) -> str:
    return clean_text(value, multiline=False)


def _many_lines(value: str) -> str:
    return clean_text(value, multiline=True)


def _zone(value: str) -> str:
    if not is_zone(value):
        raise ValueError("must be an IANA time zone such as Europe/Berlin")
    return value


def canonical_email(value: str) -> str:
    """Return the form in which addresses are stored and compared: stripped, NFC, lower case.

    Raises:
        ValueError: it cannot be an address.
    """
    text = unicodedata.normalize("NFC", clean_text(value, multiline=False)).lower()
    local, at, domain = text.rpartition("@")
    if (
        not at
        or not local
        or "." not in f"{domain}."
        or not domain
        or any(c.isspace() for c in text)
    ):
        raise ValueError("must be an e-mail address such as ana@example.org")
    return text


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


def _sane(value: datetime) -> datetime:
    if not EARLIEST <= value < LATEST:
        raise ValueError("must lie between the years 1900 and 2199")
    return value.astimezone(UTC)


Text = Annotated[str, AfterValidator(_one_line)]
LongText = Annotated[str, Field(max_length=50_000), AfterValidator(_many_lines)]
Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
EmailText = Annotated[str, Field(min_length=3, max_length=320), AfterValidator(canonical_email)]
Instant = Annotated[AwareDatetime, AfterValidator(_sane)]
"""An instant with an offset; kept as UTC."""
