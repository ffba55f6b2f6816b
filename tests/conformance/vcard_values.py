"""What the values of facts mean, whichever of their spellings a source uses."""

import re
from typing import Any

from tests.conformance.vcard_lines import plain


def texts(value: Any) -> list[str] | None:
    """Return the texts of a fact's value; None where it is none that can be compared."""
    if isinstance(value, str | int | float):
        return [plain(str(value))]
    if isinstance(value, list):
        found = [texts(each) for each in value]
        return None if None in found else [text for each in found for text in each or ()]
    return None


def bare(text: str) -> str:
    """Return a value without the scheme of its URI; `;ext=` is how one says an extension."""
    return re.sub(r"^(tel|mailto|geo|urn:uuid):", "", text).replace(";ext=", " ext. ")


def spaced(text: str) -> str:
    """A component may be a list: `a,b` and `a, b` are the same."""
    return re.sub(r",\s*", ", ", text)


def zone_text(text: str) -> str:
    return re.sub(r"^(?:utc-offset:)?([+-]?)0?(\d{1,2}):?(\d\d)$", r"\1\2\3", text.strip())


def numbers(value: Any) -> list[float]:
    if isinstance(value, list):
        return [number for each in value for number in numbers(each)]
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return [float(text) for text in re.findall(r"[-+]?\d+(?:\.\d+)?", str(value))]
    return []


def params(stated: Any) -> list[tuple[str, str]]:
    """Read `param`: [name, value] or a list of such pairs."""
    if not isinstance(stated, list) or not stated:
        return []
    pairs = [stated] if isinstance(stated[0], str) else stated
    return [
        (str(pair[0]).upper(), str(pair[1]))
        for pair in pairs
        if isinstance(pair, list) and len(pair) == 2
    ]


def same_day(text: str, wanted: str) -> bool:
    digits = re.sub(r"T.*|[-/]", "", wanted)
    return bool(digits) and re.sub(r"T.*|[-/]", "", text).strip() == digits


def written_day(date: dict[str, Any]) -> str:
    year = f"{date['year']:04}" if date["year"] else ""
    return f"{year}{date['month']:02}{date['day']:02}"
