r"""A vCard 4.0 file in lines, read without the product's reader, so that both cannot err alike.

Source: RFC 6350, 3.2 (folding), 3.3 (grammar), 3.4 (escapes).
"""

import re
import unicodedata
from dataclasses import dataclass

_PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)')
_NAME = re.compile(r"(?:([\w.-]+)\.)?([\w/-]+)")


@dataclass(frozen=True)
class Line:
    """One property; parameter names are upper case, their values lower case."""

    group: str
    name: str
    params: dict[str, tuple[str, ...]]
    value: str

    def text(self) -> str:
        """Return the value without its escapes, as `plain` has it."""
        return plain(unescape(self.value))

    def parts(self, separator: str) -> list[str]:
        """Return the texts between unescaped separators; see `split`."""
        return [plain(unescape(part)) for part in split(self.value, separator)]


def read_lines(content: str) -> list[list[Line]]:
    """Return the properties of every card, without BEGIN, VERSION and END."""
    cards: list[list[Line]] = []
    for text in content.replace("\r\n ", "").removesuffix("\r\n").split("\r\n"):
        line = _read(text)
        if line.name == "BEGIN":
            cards.append([])
        elif line.name not in ("END", "VERSION"):
            cards[-1].append(line)
    return cards


def split(value: str, separators: str) -> list[str]:
    """Return what stands between unescaped characters of `separators`, still escaped."""
    parts = [""]
    for found in re.finditer(r"\\.|.", value, re.DOTALL):
        if found[0] in separators:
            parts.append("")
        else:
            parts[-1] += found[0]
    return parts


def unescape(value: str) -> str:
    r"""Return the text of a value: `\n` is a line break, any other `\x` is x."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def plain(text: str) -> str:
    """Return `text` in NFC, with line feeds, without the blanks that say nothing."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(" ".join(line.split()) for line in lines).strip()


def _read(text: str) -> Line:
    name = _NAME.match(text)
    assert name is not None, f"not a property: {text[:60]}"
    at = name.end()
    params: dict[str, tuple[str, ...]] = {}
    while found := _PARAM.match(text, at):
        values = tuple(value.strip('"').lower() for value in found[2].split(","))
        params[found[1].upper()] = (*params.get(found[1].upper(), ()), *values)
        at = found.end()
    assert text[at : at + 1] == ":", f"not a property: {text[:60]}"
    return Line(name[1] or "", name[2].upper(), params, text[at + 1 :])
