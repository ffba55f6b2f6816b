"""What e-mail looks like by any provider: addresses, headers, one line where one is due. Pure."""

import re
from urllib.parse import urlsplit

from server.integrations.channel import Outgoing


class Unsendable(ValueError):
    """This message can never be written as an e-mail; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def one_line(text: str) -> str:
    """Return a text as a header may have it: no line ends, no control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def wire_address(address: str) -> tuple[str, str]:
    """Return local part and domain of one address, the domain in ASCII (IDNA 2008).

    Raises:
        Unsendable: `bad_address`: it is not exactly one address.
    """
    import idna

    local, at, domain = address.rpartition("@")
    # Quoted local parts may hold all of this, and nobody has one.
    if not (local and at and domain) or any(c in '<>()[],:;"\\@' or c.isspace() for c in local):
        raise Unsendable("bad_address")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise Unsendable("bad_address") from None
    if not address.isprintable():
        raise Unsendable("bad_address")
    return local, ascii_domain


def message_id(outgoing: Outgoing, domain: str) -> str:
    """Return the Message-ID: the same at each attempt, so that mail programs show it once."""
    return f"<{outgoing.message_id}@{domain}>"


def is_message_id(text: str) -> bool:
    """Say whether a text can stand in a header as the name of a mail: one word, not too long."""
    return re.fullmatch(r"<[!-;=?-~]{1,250}>", text) is not None


def extra_headers(outgoing: Outgoing) -> dict[str, str]:
    """Return the headers that say what this is: by a machine, and how to be rid of it (RFC 8058).

    No machine should answer it (RFC 3834; Exchange wants to be told in its own words).

    Raises:
        Unsendable: `bad_unsubscribe_url`.
    """
    headers = {
        "Auto-Submitted": "auto-replied" if outgoing.is_reply else "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
    }
    if outgoing.in_reply_to is not None and is_message_id(outgoing.in_reply_to):
        headers["In-Reply-To"] = headers["References"] = outgoing.in_reply_to
    if outgoing.unsubscribe_url is not None:
        url = outgoing.unsubscribe_url
        if not url.isascii() or not url.isprintable() or urlsplit(url).scheme not in _WEB:
            raise Unsendable("bad_unsubscribe_url")
        headers["List-Unsubscribe"] = f"<{url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


_WEB = ("http", "https")
