"""Where a request comes from: the address behind our own proxies, and what it is counted under."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

IPV6_PREFIX = 64
"""Bits that a provider gives to one customer: everything below is theirs to choose from."""

_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"([0-9.]+):\d{1,5}")
_FOR = re.compile(r'for=(?:"([^"]*)"|(.*))', re.IGNORECASE)

HeaderLines = Iterable[tuple[bytes, bytes]]


def client_address(peer: str, headers: HeaderLines, *, hops: int) -> str:
    """Return the address that the outermost of our `hops` proxies was called from.

    Each proxy adds the address of its caller at the right of `X-Forwarded-For` or `Forwarded`
    (RFC 7239), so ours is the entry `hops` from the right; what stands left of it may be
    forged. `peer`, who called us, is the answer when there is no such entry, when it is no
    address, and when both headers are there and differ: our proxies write one of them, and
    nobody can tell which one the client wrote.

    `headers`: names in lower case, as ASGI has them.
    """
    if hops == 0:
        return peer
    by_header: dict[bytes, list[str]] = {b"x-forwarded-for": [], b"forwarded": []}
    for name, value in headers:
        if name in by_header:
            by_header[name].extend(value.decode("latin-1").split(","))
    found = {
        _address_of(_entry(entries, hops), is_pair=name == b"forwarded")
        for name, entries in by_header.items()
        if entries
    }
    return (found.pop() or peer) if len(found) == 1 else peer


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what requests of `address` are counted under: an IPv6 network, an IPv4 address.

    `local` when there is none: a unix socket.
    """
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed) if parsed else "local"


def is_this_machine(address: str) -> bool:
    """Say whether `address` is a loopback one, or none, which is a unix socket's."""
    parsed = _parsed(address)
    return parsed is None or parsed.is_loopback


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _entry(entries: Sequence[str], hops: int) -> str:
    return entries[-hops] if len(entries) >= hops else ""


def _address_of(entry: str, *, is_pair: bool) -> str | None:
    """Read one entry: an address with or without port, or RFC 7239's pairs around `for=`."""
    text = entry.strip()
    if is_pair:
        pairs = (_FOR.fullmatch(pair.strip()) for pair in text.split(";"))
        match = next((match for match in pairs if match), None)
        text = (match[1] or match[2] or "").strip() if match else ""
    with_port = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    try:
        return str(ipaddress.ip_address(with_port[1] if with_port else text))
    except ValueError:
        return None
