import pytest

from server.outbound.links import BadLink, read_link, shown


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://example.org/a.ics?key=1", "https://example.org/a.ics?key=1"),
        ("  HTTPS://Example.ORG/A.ics ", "https://example.org/A.ics"),
        ("webcal://example.org/a.ics", "https://example.org/a.ics"),
        ("webcals://example.org/a.ics", "https://example.org/a.ics"),
        ("http://example.org/a.ics", "http://example.org/a.ics"),
        ("https://example.org:443/a.ics#today", "https://example.org/a.ics"),
        ("https://example.org?a=b", "https://example.org?a=b"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://ana:secret@example.org/a", "https://ana:secret@example.org/a"),
    ],
)
def test_link_is_read_as_it_is_fetched(text, read):
    url = read_link(text)

    assert str(url.copy_with(host=url.raw_host.decode())) == read


@pytest.mark.parametrize(
    "text",
    [
        "ftp://example.org/a",
        "file:///etc/passwd",
        "gopher://127.0.0.1:25/",
        "javascript:alert(1)",
        "data:text/plain,x",
        "example.org/a.ics",
        "//example.org/a",
        "https:///a",
        "https://#a",
        "https:example.org",
        "http://?a=b",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "http://2130706433/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://017700000001/",
        "http://1/",
        "http://127.0.0.1.nip.io.0x1/",
        "http://999.1.1.1/",
        "http://1.2.3.4.5/",
        "http://-a.example/",
        "http://a..example/",
        "http://exa$mple.org/",
        "https://example.org:0/",
        "http://ex%00ample.org/",
        "http://example.org\\@127.0.0.1/",
    ],
)
def test_what_no_calendar_needs_is_refused(text):
    with pytest.raises(BadLink):
        read_link(text)


@pytest.mark.parametrize("text", ["https://exa\nmple.org/", "https://example.org/a\r\nX: y", "\0"])
def test_control_characters_are_refused(text):
    with pytest.raises(BadLink):
        read_link(text)


@pytest.mark.parametrize("host", ["１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1"])
def test_address_in_another_script_is_no_way_around(host):
    try:
        url = read_link(f"http://{host}/")
    except BadLink:
        return
    assert url.raw_host == b"127.0.0.1"


def test_refusal_does_not_quote_the_link():
    with pytest.raises(BadLink) as caught:
        read_link("https://exa$mple.org/secret-4711")

    assert "4711" not in f"{caught.value!r}{caught.value.reason}{caught.value.__cause__}"


@pytest.mark.parametrize(
    ("link", "seen"),
    [
        ("https://ana:pw@example.org:8443/private-4711/a.ics?k=4711", "https://example.org/…"),
        ("https://xn--bcher-kva.example/a", "https://xn--bcher-kva.example/…"),
        ("https://[2001:4860::1]/a", "https://[2001:4860::1]/…"),
    ],
)
def test_shown_link_names_the_server_alone(link, seen):
    assert shown(link) == seen
