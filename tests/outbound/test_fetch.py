import asyncio
import gzip
import zlib

import pytest

from server.outbound.fetch import Rules, look_up
from server.outbound.links import BadLink
from tests.outbound.servers import answering, code_of, fake_server, get, reply


@pytest.fixture
async def fake():
    async with fake_server() as server:
        yield server


async def test_body_and_headers_arrive(fake):
    fake.answers["/a.ics?k=1"] = reply(body=b"hello", ETag='"1"')

    got = await get(
        f"http://example.org:{fake.port}/a.ics?k=1", fake.rules(), Accept="text/calendar"
    )

    assert (got.status, got.body, got.headers["etag"]) == (200, b"hello", '"1"')
    assert f"Host: example.org:{fake.port}\r\n" in fake.requests[0]
    assert "Accept: text/calendar\r\n" in fake.requests[0]


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://10.1.2.3/",
        "http://192.168.1.1:8443/",
        "http://172.20.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "https://ana:pw@127.0.0.1/",
        "http://localhost/",
        "http://LOCALHOST/",
    ],
)
async def test_address_inside_is_refused(link):
    assert await code_of(link, Rules()) == "refused_address"


@pytest.mark.parametrize("port", [22, 25, 5432, 6379, 8080, 9200, 65535])
async def test_port_that_is_not_the_webs_is_refused(port):
    assert await code_of(f"http://8.8.8.8:{port}/", Rules()) == "refused_address"


@pytest.mark.parametrize("host", ["localhost.", "intranet", "metadata.google.internal", "a.b."])
async def test_name_of_an_address_inside_is_refused(host):
    rules = Rules(resolve=answering(["169.254.169.254"]))

    assert await code_of(f"http://{host}/", rules) == "refused_address"


async def test_one_closed_address_among_open_ones_refuses_all():
    rules = Rules(resolve=answering(["93.184.215.14", "10.0.0.1"]))

    assert await code_of("https://example.org/", rules) == "refused_address"


async def test_name_is_looked_up_once_and_that_address_connected_to(fake):
    resolve = answering(["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"])
    fake.answers["/"] = reply(body=b"same")

    got = await get(f"http://rebind.example:{fake.port}/", fake.rules(resolve))

    assert got.body == b"same"
    assert resolve.asked == [("rebind.example", fake.port)]


async def test_second_look_up_that_answers_inside_is_refused(fake):
    resolve = answering(["127.0.0.1"], ["127.0.0.2"])
    fake.answers["/"] = reply(302, Location="/again")

    assert (
        await code_of(f"http://rebind.example:{fake.port}/", fake.rules(resolve))
        == "refused_address"
    )
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://[::1]:80/",
        "//169.254.169.254/latest/",
        "http://[::ffff:a9fe:a9fe]/",
        "https://10.0.0.1/",
        "http://127.0.0.1:6379/",
    ],
)
async def test_redirect_inside_is_refused(fake, target):
    fake.answers["/"] = reply(302, Location=target)

    assert await code_of(f"http://example.org:{fake.port}/", fake.rules()) == "refused_address"


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[",
        "",
    ],
)
async def test_redirect_to_what_is_no_link_is_refused(fake, target):
    fake.answers["/"] = reply(302, Location=target)

    assert await code_of(f"http://example.org:{fake.port}/", fake.rules()) == "bad_redirect"


async def test_five_redirects_are_followed_a_sixth_is_not(fake):
    for number in range(6):
        fake.answers[f"/{number}"] = reply(301 + number % 2, Location=f"/{number + 1}")
    fake.answers["/6"] = reply(body=b"there")
    base = f"http://example.org:{fake.port}"

    assert (await get(f"{base}/1", fake.rules())).body == b"there"
    assert await code_of(f"{base}/0", fake.rules()) == "bad_redirect"


async def test_password_goes_to_its_own_server_only(fake):
    async with fake_server() as other:
        fake.answers["/"] = reply(302, Location="/own")
        fake.answers["/own"] = reply(302, Location=f"http://other.example:{other.port}/")
        other.answers["/"] = reply(body=b"x")
        allowed = fake.rules().allowed | other.rules().allowed
        rules = Rules(resolve=answering(["127.0.0.1"]), allowed=allowed)

        await get(f"http://ana:s%3Acret@example.org:{fake.port}/", rules)

    sent = "Authorization: Basic YW5hOnM6Y3JldA=="
    assert [sent in head for head in fake.requests] == [True, True]
    assert "Authorization" not in other.requests[0]
    assert "ana" not in "".join(fake.requests + other.requests)


async def test_proxies_of_the_environment_are_not_used(fake, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fake.answers["/"] = reply(body=b"direct")

    assert (await get(f"http://example.org:{fake.port}/", fake.rules())).body == b"direct"


async def test_body_over_the_limit_is_refused_before_it_is_read(fake):
    async def endless(writer):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    fake.answers["/"] = endless

    assert await code_of(f"http://example.org:{fake.port}/", fake.rules()) == "too_large"


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_packed_body_is_unpacked(fake, pack):
    encoding = "gzip" if pack is gzip.compress else "deflate"
    fake.answers["/"] = reply(body=pack(b"hello" * 100), Content_Encoding=encoding)

    assert (await get(f"http://example.org:{fake.port}/", fake.rules())).body == b"hello" * 100


@pytest.mark.parametrize("padding", [b"", b"\0" * 512])
async def test_gzip_in_several_members_is_unpacked_whole(fake, padding):
    members = b"".join(gzip.compress(text) for text in (b"one", b"two", b"three"))
    fake.answers["/"] = reply(body=members + padding, Content_Encoding="gzip")

    assert (await get(f"http://example.org:{fake.port}/", fake.rules())).body == b"onetwothree"


async def test_bomb_in_a_second_member_is_stopped_at_the_limit(fake):
    body = gzip.compress(b"one") + gzip.compress(b"\0" * 50_000_000)
    fake.answers["/"] = reply(body=body, Content_Encoding="gzip")

    assert await code_of(f"http://example.org:{fake.port}/", fake.rules()) == "too_large"


async def test_bomb_is_stopped_at_the_limit(fake):
    fake.answers["/"] = reply(body=gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")

    assert await code_of(f"http://example.org:{fake.port}/", fake.rules()) == "too_large"


@pytest.mark.parametrize(
    "answer",
    [
        reply(body=b"not packed", Content_Encoding="gzip"),
        reply(body=gzip.compress(b"hello" * 99)[:-9], Content_Encoding="gzip"),
        reply(body=gzip.compress(b"hello") + b"not packed", Content_Encoding="gzip"),
        reply(body=gzip.compress(b"hello") + gzip.compress(b"x")[:-4], Content_Encoding="gzip"),
        reply(body=gzip.compress(b"") * 1001, Content_Encoding="gzip"),
        reply(body=b"x", Content_Encoding="br"),
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n",
        b"",
    ],
    ids=[
        "not gzip",
        "half a gzip",
        "gzip and more",
        "half a second gzip",
        "a thousand gzips",
        "brotli",
        "another protocol",
        "cut off",
        "endless head",
        "nothing",
    ],
)
async def test_nonsense_is_a_bad_reply(fake, answer):
    fake.answers["/"] = answer

    assert await code_of(f"http://example.org:{fake.port}/", fake.rules()) == "bad_reply"


@pytest.mark.parametrize("drop", [b"", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"])
async def test_server_that_drips_is_cut_off(fake, drop):
    async def drip(writer):
        writer.write(drop)
        while True:
            writer.write(b"H" if not drop else b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    fake.answers["/"] = drip

    assert (
        await code_of(f"http://example.org:{fake.port}/", fake.rules(), limit_s=0.3) == "timed_out"
    )


async def test_resolver_that_hangs_is_not_waited_for(fake):
    async def hang(_host, _port):
        await asyncio.sleep(60)

    assert await code_of("https://example.org/", Rules(resolve=hang), limit_s=0.1) == "timed_out"


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
async def test_name_without_address_is_unreachable(error):
    async def fail(_host, _port):
        raise error

    assert await code_of("https://example.org/", Rules(resolve=fail)) == "unreachable"


async def test_server_that_is_not_there_is_unreachable(fake):
    rules = Rules(allowed=frozenset({("127.0.0.1", 1)}))

    assert await code_of("http://127.0.0.1:1/", rules) == "unreachable"


async def test_bad_link_is_told_as_such():
    with pytest.raises(BadLink):
        await get("ftp://example.org/", Rules())


async def test_body_of_an_error_is_not_read(fake):
    fake.answers["/"] = reply(500, body=b"x" * 200_000)

    got = await get(f"http://example.org:{fake.port}/", fake.rules())

    assert (got.status, got.body) == (500, b"")


async def test_system_knows_this_machine():
    assert set(await look_up("localhost", 80)) <= {"127.0.0.1", "::1"}
