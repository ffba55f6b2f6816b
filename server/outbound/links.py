"""A link that a member gives us to fetch: read once, strictly, and shown without its secret."""

import re

from httpx2 import URL, InvalidURL

from server.outbound.addresses import is_address

MAX_LINK = 2_048
MAX_HOST = 253
PORTS = frozenset({80, 443, 8443})
"""The web's. A public name may lead to this very machine, whose other ports its firewall hides."""

DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEMES = {"http": "http", "https": "https", "webcal": "https", "webcals": "https"}
_SCHEME = re.compile(r"([A-Za-z]+)://(?=[^\s/?#])")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")


class BadLink(Exception):
    """A link that we do not fetch, and why: a stable code and a sentence without the link."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def read_link(text: str) -> URL:
    """Return a link as it is fetched and compared: http or https, host in ASCII, no fragment.

    `webcal` means https. A name and password before the host stay: some calendars ask for them.

    Raises:
        BadLink: `bad_link`, `bad_scheme`, `bad_host`.
    """
    text = text.strip()
    match = _SCHEME.match(text)
    # Browsers read a backslash as a slash, parsers as part of a name: nobody means one.
    if match is None or len(text) > MAX_LINK or "\\" in text:
        raise BadLink("bad_link", "This is no link; it should begin with https:// or webcal://.")
    scheme = _SCHEMES.get(match[1].lower())
    if scheme is None:
        raise BadLink("bad_scheme", "Only links that begin with https, http or webcal are read.")
    try:
        url = URL(f"{scheme}://{text[match.end() :]}").copy_with(fragment=None)
        host = url.raw_host.decode()
    except (InvalidURL, UnicodeError, ValueError):
        # From None: the library quotes the link.
        raise BadLink("bad_link", "The link is malformed.") from None
    if not 0 < port_of(url) < 65_536 or not _is_host(host):
        raise BadLink("bad_host", "The link's host is no name of a server.")
    return url


def port_of(url: URL) -> int:
    """Return the port of a link, its scheme's where it names none."""
    return DEFAULT_PORTS[url.scheme] if url.port is None else url.port


def host_of(link: str) -> str:
    """Return the name of a link's server, in ASCII."""
    return URL(link).raw_host.decode()


def shown(link: str) -> str:
    """Return a link as it may be shown: the server's name, and no more of it.

    The name is in ASCII, so that no letter of another script passes for one of ours.
    """
    url = URL(link)
    host = url.raw_host.decode()
    return f"{url.scheme}://{f'[{host}]' if ':' in host else host}/…"


def _is_host(host: str) -> bool:
    """Refuse what is no name and no plain address, such as 2130706433, 0x7f.1 or 127.1."""
    if is_address(host):
        return "%" not in host
    labels = host.removesuffix(".").split(".")
    is_name = len(host) <= MAX_HOST and all(_LABEL.fullmatch(label) for label in labels)
    return is_name and not _NUMBER.fullmatch(labels[-1])
