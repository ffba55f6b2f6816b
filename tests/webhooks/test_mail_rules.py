import pytest

from server.webhooks.mail_rules import is_authentic, only_address, tokens_in
from server.webhooks.mail_text import parse_mail, text_of


@pytest.mark.parametrize(
    ("spf", "envelope_from", "dkim", "expected"),
    [
        ("pass", "ana@example.org", "none", True),
        ("pass", "bounces@mail.example.org", "", True),
        ("fail", "", "{@example.org : pass}", True),
        ("", "", "{@other.net : pass, @Example.ORG : pass}", True),
        ("pass", "x@other.net", "{@example.org : fail}", False),
        ("fail", "ana@example.org", "{}", False),
        ("neutral", "ana@example.org", "", False),
        ("", "", "{@badexample.org : pass}", False),
        ("", "", "{@org : pass}", False),
        ("", "", "{@example.org.evil.net : pass}", False),
        ("", "", "{@evil.net : pass; @example.org}", False),
    ],
)
def test_a_domain_stands_by_its_own_mail_only(spf, envelope_from, dkim, expected):
    found = is_authentic("ana@example.org", spf=spf, envelope_from=envelope_from, dkim=dkim)

    assert found is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Ana <ana@example.org>", "ana@example.org"),
        ('"ana@example.org" <x@evil.net>', "x@evil.net"),
        ("Ortiz, Ana <ana@example.org>", "ana@example.org"),
        ("ana@example.org <ana@example.org>", "ana@example.org"),
        ("ana@example.org <x@evil.net>", None),
        ("ana@example.org, Ana <x@evil.net>", None),
        ('"Ortiz, Ana <ana@example.org>', None),
        ("Ortiz, Ana <ana@example.org> <x@evil.net>", None),
        ("ana@example.org, x@evil.net", None),
        ("ana@example.org\n x@evil.net", None),
        ("<ana@example.org@evil.net>", None),
        ("", None),
    ],
)
def test_a_from_line_names_one_address_or_nobody(line, expected):
    assert only_address(line) == expected


def test_tokens_are_read_from_our_mailbox_only():
    addresses = [
        "reply+abc23@in.example.org",
        "REPLY+DEF@IN.example.org",
        "reply@in.example.org",
        "reply+abc@evil.net",
        "reply+a-b@in.example.org",
        "replyx+abc@in.example.org",
    ]

    assert tokens_in(addresses, "reply@in.example.org") == ["abc23", "def"]
    assert tokens_in(addresses, None) == []


def test_a_raw_mail_with_an_unknown_charset_keeps_its_words():
    raw = b"Content-Type: text/plain; charset=x-klingon\n\n1 s\xc3\xad"

    assert text_of(parse_mail(raw)) == "1 sí"


def test_a_raw_mail_without_words_has_none():
    raw = b"Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo="

    assert text_of(parse_mail(raw)) == ""
