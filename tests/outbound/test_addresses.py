import pytest

from server.outbound.addresses import is_public

CLOSED_TEXT = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1
127.1.2.3 168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8
192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255
198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:7f00:1
::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1
2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1
2002:7f00:1:: 2002:a00:1::1 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254
fd12:3456:789a::1 fe80::1 fe80::1%eth0 fe80::1%1 fec0::1 ff02::1 ff0e::1
2606:4700::1111%eth0
"""
NO_ADDRESSES = ["", "localhost", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "8.8.8.8 ", "1"]
OPEN_TEXT = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
169.253.255.255 169.255.0.1 172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.1 198.17.255.255
198.20.0.1 223.255.255.255 2001:4860:4860::8888 2606:4700:4700::1111 2a01:4f8::1 2003::1
"""


@pytest.mark.parametrize("address", CLOSED_TEXT.split())
def test_address_inside_or_beside_the_internet_is_closed(address):
    assert not is_public(address)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_what_is_no_plain_address_is_closed(text):
    assert not is_public(text)


@pytest.mark.parametrize("address", OPEN_TEXT.split())
def test_address_of_the_internet_is_open(address):
    assert is_public(address)
