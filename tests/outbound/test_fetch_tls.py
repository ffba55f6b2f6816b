import ssl

import pytest

from server.outbound.fetch import Rules
from tests import tls
from tests.outbound.servers import answering, code_of, fake_server, get, reply


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return tls.certificate(tmp_path_factory.mktemp("tls"), "calendar.example")


@pytest.fixture
async def secure(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with fake_server(context) as server:
        yield server


async def test_tls_proves_the_name_though_the_address_is_connected_to(secure, certificate):
    secure.answers["/"] = reply(body=b"safe")
    trusting = ssl.create_default_context(cafile=certificate)

    got = await get(f"https://calendar.example:{secure.port}/", secure.rules(tls=trusting))

    assert (got.body, secure.names) == (b"safe", ["calendar.example"])


async def test_certificate_of_another_name_is_refused(secure, certificate):
    trusting = ssl.create_default_context(cafile=certificate)

    code = await code_of(f"https://other.example:{secure.port}/", secure.rules(tls=trusting))

    assert code == "tls_failed"


async def test_certificate_that_nobody_vouches_for_is_refused(secure):
    assert await code_of(f"https://calendar.example:{secure.port}/", secure.rules()) == "tls_failed"


async def test_redirect_from_https_to_http_is_refused(secure, certificate):
    trusting = ssl.create_default_context(cafile=certificate)
    async with fake_server() as plain:
        secure.answers["/"] = reply(302, Location=f"http://calendar.example:{plain.port}/")
        allowed = secure.rules().allowed | plain.rules().allowed
        rules = Rules(resolve=answering(["127.0.0.1"]), allowed=allowed, tls=trusting)

        assert await code_of(f"https://calendar.example:{secure.port}/", rules) == "bad_redirect"

    assert plain.requests == []
