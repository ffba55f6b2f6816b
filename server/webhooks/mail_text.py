"""The words of a mail: of its plain part, else of its HTML without the tags; pure."""

import email
import email.policy
from email.message import EmailMessage
from html.parser import HTMLParser

from server.webhooks.mail_form import decode

_SILENT = frozenset({"head", "script", "style", "title"})
_LINES = frozenset({"blockquote", "br", "div", "h1", "h2", "h3", "hr", "li", "p", "table", "tr"})
QUOTE = "> "


def parse_mail(raw: bytes) -> EmailMessage:
    """Parse a mail, or only the lines of its head."""
    return email.message_from_bytes(raw, policy=email.policy.SMTPUTF8)


def text_of(mail: EmailMessage) -> str:
    """Return the words of a raw mail; empty where it has none."""
    for kind in ("plain", "html"):
        part = mail.get_body(preferencelist=(kind,))
        if part is None:
            continue
        raw = part.get_payload(decode=True)
        text = decode(raw if isinstance(raw, bytes) else b"", part.get_content_charset())
        text = from_html(text) if kind == "html" else text
        if text.strip():
            return text
    return ""


def header(mail: EmailMessage, name: str) -> str:
    """Return a header as one line; empty where it is absent or cannot be read."""
    try:
        return str(mail.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError):  # odd headers break the parser
        return ""


def from_html(html: str) -> str:
    """Return the words of HTML, a line for each block; what it quotes begins with `> `."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, list[str]]] = [(0, [])]
        self._silent = 0
        self._quoted = 0

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag == "blockquote":
            self._quoted += 1
        if tag in _LINES:
            self._lines.append((self._quoted, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "blockquote":
            self._quoted = max(0, self._quoted - 1)
        if tag in _LINES:
            self._lines.append((self._quoted, []))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._lines[-1][1].append(data)

    def text(self) -> str:
        lines = []
        for quoted, words in self._lines:
            line = " ".join("".join(words).split())
            if line:
                lines.append(QUOTE * min(quoted, 3) + line)
        return "\n".join(lines)
