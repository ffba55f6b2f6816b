import email
import email.policy
from dataclasses import replace

import pytest

from server.config_messages import sender
from server.integrations.mail import Unsendable
from server.integrations.smtp.message import written
from tests.integrations.outgoing import MAIL, MESSAGE
from tests.times import MONDAY

SENDER = sender("Ana & Söhne <catchup@bücher.example>")
LONG = "ä" * 3000 + "\n.\r\n" + "x" * 2000


def raw(**changed):
    return written(replace(MAIL, **changed), SENDER, now=MONDAY, utf8=False)


def parsed(**changed):
    return email.message_from_bytes(raw(**changed), policy=email.policy.default)


def test_the_headers_say_who_to_whom_and_what():
    mail = parsed()

    assert str(mail["From"]) == "Ana & Söhne <catchup@xn--bcher-kva.example>"
    assert mail["To"].addresses[0].addr_spec == MAIL.address
    assert mail["Subject"] == MAIL.subject
    assert mail["Date"].datetime == MONDAY
    assert mail["Message-ID"] == f"<{MESSAGE}@xn--bcher-kva.example>"
    assert mail["Reply-To"].addresses[0].addr_spec == MAIL.reply_to
    assert mail["List-Unsubscribe"] == f"<{MAIL.unsubscribe_url}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_plain_text_comes_before_html():
    assert [part.get_content_type() for part in parsed().walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_a_mail_without_html_is_plain():
    assert parsed(html=None).get_content_type() == "text/plain"


def test_every_letter_arrives_over_ascii_lines_of_a_legal_length():
    written_out = raw(text=LONG, subject="Grüße an Zoë 👋 " * 20)

    assert written_out.isascii()
    assert max(len(line) for line in written_out.split(b"\r\n")) <= 998
    mail = email.message_from_bytes(written_out, policy=email.policy.default)
    plain, _ = mail.iter_parts()
    assert plain.get_content().splitlines() == LONG.splitlines()
    assert str(mail["Subject"]) == ("Grüße an Zoë 👋 " * 20).strip()


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])
def test_a_subject_cannot_add_a_header(end):
    mail = parsed(subject=f"Hi{end}Bcc: eve@example.org")

    assert mail["Bcc"] is None
    assert mail["Subject"] == "Hi Bcc: eve@example.org"


@pytest.mark.parametrize("field", ["address", "reply_to"])
@pytest.mark.parametrize(
    "address",
    [
        "ana@example.org\r\nBcc: eve@example.org",
        "ana@example.org\nBcc: eve@example.org",
        "ana@example.org, eve@example.org",
        "ana@example.org> <eve@example.org",
        "Ana <ana@example.org>",
        "ana@eve.example@example.org",
        '"ana eve"@example.org',
        "ana@example.org SIZE=1",
        "ana@exa\u2028mple.org",
        "a\x00na@example.org",
        "a\x1b]0;na@example.org",
        "@example.org",
        "ana@",
        "ana",
        "",
    ],
)
def test_what_is_not_one_address_is_refused(field, address):
    with pytest.raises(Unsendable, match="bad_address"):
        raw(**{field: address})


def test_a_sender_keeps_its_quotes():
    mail = written(MAIL, sender('"Fischer, Ana" <a@b.example>'), now=MONDAY, utf8=False)

    parsed_back = email.message_from_bytes(mail, policy=email.policy.default)
    assert [a.display_name for a in parsed_back["From"].addresses] == ["Fischer, Ana"]


def test_half_a_letter_cannot_be_sent():
    with pytest.raises(Unsendable, match="unsendable"):
        raw(text="half a letter: \ud83d")


LONG_ID = f"<{'x' * 200}@mail.example.org>"


@pytest.mark.parametrize("name", ["<1.2.ABC@mail.example.org>", LONG_ID, "<CAF=abc+d_e@x>"])
def test_an_answer_says_that_it_is_one_and_to_which_mail(name):
    written_out = raw(is_reply=True, in_reply_to=name)
    mail = email.message_from_bytes(written_out, policy=email.policy.default)

    assert mail["Auto-Submitted"] == "auto-replied"
    assert (mail["In-Reply-To"].strip(), mail["References"].strip()) == (name, name)
    assert f"In-Reply-To: {name}" in written_out.decode().replace("\r\n ", " ")


@pytest.mark.parametrize(
    "name",
    ["<a@b>\r\nBcc: eve@example.org", "<a b@c>", "<ä@b>", "a@b", "<>", f"<{'x' * 300}@b>", "<a>b>"],
)
def test_what_names_no_mail_is_left_out(name):
    mail = parsed(is_reply=True, in_reply_to=name)

    assert (mail["In-Reply-To"], mail["References"], mail["Bcc"]) == (None, None, None)


def test_no_machine_is_to_answer():
    assert parsed()["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert parsed()["In-Reply-To"] is None


def test_a_long_way_out_stays_an_address():
    url = f"https://catchup.{'long-' * 20}name.example.org/unsubscribe/{'t' * 40}"

    assert f"List-Unsubscribe: <{url}>\r\n".encode() in raw(unsubscribe_url=url)
