import pytest

from server.lib.addresses import client_address, is_this_machine, network_of

PROXY = "10.0.0.1"


def behind(hops, *values, name="x-forwarded-for"):
    headers = [(b"host", b"x"), *((name.encode(), value.encode("latin-1")) for value in values)]
    return client_address(PROXY, headers, hops=hops)


def test_headers_are_not_believed_without_proxies():
    assert behind(0, "203.0.113.7") == PROXY


FROM_THE_RIGHT = {
    "one proxy": (1, ["203.0.113.7"], "203.0.113.7"),
    "what the client wrote is left of it": (1, ["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
    "several lines are one list": (1, ["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
    "two proxies": (2, ["1.1.1.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
    "no spaces": (2, ["203.0.113.7,10.0.0.2"], "203.0.113.7"),
    "many spaces": (1, ["1.1.1.1 , \t 203.0.113.7  "], "203.0.113.7"),
    "with a port": (1, ["203.0.113.7:4711"], "203.0.113.7"),
    "IPv6": (1, ["2001:db8::7"], "2001:db8::7"),
    "IPv6 in brackets": (1, ["[2001:db8::7]"], "2001:db8::7"),
    "IPv6 with a port": (1, ["[2001:DB8::7]:4711"], "2001:db8::7"),
    "fewer entries than proxies": (2, ["203.0.113.7"], PROXY),
    "no header": (1, [], PROXY),
    "empty": (1, [""], PROXY),
    "empty entry": (1, ["203.0.113.7,"], PROXY),
    "a name": (1, ["localhost"], PROXY),
    "unknown": (1, ["unknown"], PROXY),
    "a number": (1, ["3405803783"], PROXY),
    "not ASCII": (1, ["203.0.113.\xb2"], PROXY),
    "a line of another kind": (1, ["203.0.113.7 OR 1=1"], PROXY),
    "brackets around IPv4": (1, ["[203.0.113.7"], PROXY),
    "very long": (1, ["9" * 10_000], PROXY),
}


@pytest.mark.parametrize(
    ("hops", "values", "expected"), FROM_THE_RIGHT.values(), ids=FROM_THE_RIGHT.keys()
)
def test_the_entry_of_our_outermost_proxy_counts(hops, values, expected):
    assert behind(hops, *values) == expected


FORWARDED = {
    "plain": ("for=203.0.113.7", "203.0.113.7"),
    "with other pairs": ("proto=https;For=203.0.113.7;by=10.0.0.9", "203.0.113.7"),
    "quoted IPv6 with a port": ('for="[2001:db8::7]:4711"', "2001:db8::7"),
    "a list": ("for=1.1.1.1, for=203.0.113.7", "203.0.113.7"),
    "an open quote on the left": ('for="1.1.1.1, for=203.0.113.7', "203.0.113.7"),
    "hidden": ("for=_hidden", PROXY),
    "unknown": ("for=unknown", PROXY),
    "no for": ("proto=https", PROXY),
}


@pytest.mark.parametrize(("value", "expected"), FORWARDED.values(), ids=FORWARDED.keys())
def test_forwarded_is_understood(value, expected):
    assert behind(1, value, name="forwarded") == expected


def test_two_headers_that_differ_are_both_left_alone():
    headers = [(b"x-forwarded-for", b"203.0.113.7"), (b"forwarded", b"for=1.1.1.1")]

    assert client_address(PROXY, headers, hops=1) == PROXY


def test_two_headers_that_agree_are_believed():
    headers = [(b"x-forwarded-for", b"203.0.113.7"), (b"forwarded", b"for=203.0.113.7")]

    assert client_address(PROXY, headers, hops=1) == "203.0.113.7"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "local"),
        ("<local>", "local"),
    ],
)
def test_one_customer_is_one_network(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("<local>", True),
        ("10.0.0.1", False),
        ("2001:db8::1", False),
    ],
)
def test_this_machine_is_known_by_its_loopback(address, expected):
    assert is_this_machine(address) is expected
