from dataclasses import replace

import pytest

from server.integrations.sendgrid.body import mail_body
from tests.integrations.outgoing import MAIL, MESSAGE
from tests.integrations.sendgrid.conftest import SENDER


def test_the_plain_text_comes_before_the_html():
    assert mail_body(MAIL, SENDER)["content"] == [
        {"type": "text/plain", "value": MAIL.text},
        {"type": "text/html", "value": MAIL.html},
    ]


def test_a_mail_without_html_has_one_part():
    assert len(mail_body(replace(MAIL, html=None), SENDER)["content"]) == 1


def test_the_mail_can_be_unsubscribed_from_with_one_click():
    headers = mail_body(MAIL, SENDER)["headers"]

    assert headers["List-Unsubscribe"] == "<https://catchup.example.org/unsubscribe/token>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_code_cannot_be_unsubscribed_from():
    headers = mail_body(replace(MAIL, unsubscribe_url=None), SENDER)["headers"]

    assert not [name for name in headers if name.startswith("List-")]


def test_a_machine_says_that_it_is_one():
    assert mail_body(MAIL, SENDER)["headers"]["Auto-Submitted"] == "auto-generated"


def test_each_attempt_has_the_same_message_id():
    assert mail_body(MAIL, SENDER)["headers"]["Message-ID"] == f"<{MESSAGE}@example.org>"


def test_nothing_is_tracked():
    tracking = mail_body(MAIL, SENDER)["tracking_settings"]

    assert not any(kind["enable"] for kind in tracking.values())


def test_answers_go_where_they_are_read():
    assert mail_body(MAIL, SENDER)["reply_to"] == {"email": MAIL.reply_to}
    assert "reply_to" not in mail_body(replace(MAIL, reply_to=None), SENDER)


def test_a_subject_is_one_line():
    subject = mail_body(replace(MAIL, subject="Hi\r\nBcc: eve@example.org\x00"), SENDER)["subject"]

    assert subject == "Hi Bcc: eve@example.org"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ana@bücher.example", "ana@xn--bcher-kva.example"),
        ("ana@straße.example", "ana@xn--strae-oqa.example"),
        ("Ana.B+c@Example.org", "Ana.B+c@example.org"),
    ],
)
def test_domains_are_written_in_ascii(address, expected):
    body = mail_body(replace(MAIL, address=address), SENDER)

    assert body["personalizations"] == [{"to": [{"email": expected}]}]


def test_an_answer_says_that_it_is_one_and_to_which_mail():
    answer = replace(MAIL, is_reply=True, in_reply_to="<1@example.org>")

    headers = mail_body(answer, SENDER)["headers"]

    assert headers["Auto-Submitted"] == "auto-replied"
    assert headers["In-Reply-To"] == headers["References"] == "<1@example.org>"
