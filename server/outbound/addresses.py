"""Which addresses of the network a member's link may lead to: public ones, nothing else.

Python's own `is_global` differs from one release to the next, and lets transition forms pass
that carry a private IPv4 address inside. This is IANA's list of special-purpose addresses
(RFC 6890 and its registries), written out.
"""

import ipaddress

_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's NAT; a cloud's metadata
        "127.0.0.0/8",  # this machine
        "168.63.129.16/32",  # a cloud's host, seen by its guests only
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of another cloud
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# All of IPv6 outside 2000::/3 is closed: loopback, unique local, link-local, multicast, and
# IPv4 inside (::ffff:0:0/96, ::/96, 64:ff9b::/96, 64:ff9b:1::/48).
_OPEN_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def is_public(text: str) -> bool:
    """Say whether an address, as a resolver or a URL spells it, is one of the open internet.

    What is no address in its plain spelling (a zone id, octal or too few parts) is not.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.scope_id is not None or address not in _OPEN_V6:
        return False
    return not any(address in network for network in _CLOSED_V6)


def is_address(host: str) -> bool:
    """Say whether a host is an address in its plain spelling, public or not."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
