"""Mistakes on the way out: what was sent is sent again, or is lost, or says more than it should."""

from tests.planted.bugs import Bug

_SMS = "tests/integrations/twilio"
_MAIL = "tests/integrations/sendgrid"
_SMTP = "tests/integrations/smtp"

PROVIDERS = (
    Bug(
        "a lost answer that passes for a refusal",
        "server/integrations/twilio/channel.py",
        "    if call.has_begun:\n        return Unclear(calls.TIMED_OUT",
        "    if not call:\n        return Unclear(calls.TIMED_OUT",
        (
            f"{_SMS}/test_channel.py::test_what_may_have_left_is_unclear",
            f"{_SMS}/test_channel.py::test_an_answer_that_takes_too_long_is_unclear",
        ),
    ),
    Bug(
        "another message's SMS that passes for this one",
        "server/integrations/twilio/channel.py",
        "if message.sid not in taken and _says(message.body, outgoing.text)",
        "if _says(message.body, outgoing.text)",
        (f"{_SMS}/test_find.py::test_an_equal_text_that_is_another_messages_is_passed_over",),
    ),
    Bug(
        "a call to a provider that may take for ever",
        "server/integrations/sendgrid/channel.py",
        "made.client.timeout = SOCKET_LIMIT_S",
        "made.client.timeout = None",
        (f"{_MAIL}/test_channel.py::test_an_answer_that_takes_too_long_is_unclear",),
    ),
    Bug(
        "an SDK that logs whom a message goes to",
        "server/integrations/twilio/http.py",
        'logging.getLogger("twilio").setLevel(logging.WARNING)',
        'logging.getLogger("twilio").setLevel(logging.INFO)',
        (f"{_SMS}/test_channel.py::test_the_sdk_logs_neither_number_nor_text",),
    ),
    Bug(
        "a mail dropped after DATA that passes for a refusal",
        "server/integrations/smtp/channel.py",
        "return Unclear(code) if has_left else Refused(code, is_permanent=False)",
        "return Refused(code, is_permanent=False)",
        (f"{_SMTP}/test_channel.py::test_an_answer_to_the_mail_says_whether_it_is_there",),
    ),
    Bug(
        "a mail server that nobody vouches for",
        "server/integrations/smtp/connections.py",
        "self._tls = ssl.create_default_context(cafile=self._server.authority)",
        "self._tls = ssl._create_unverified_context()",
        (f"{_SMTP}/test_channel.py::test_a_certificate_that_nobody_vouches_for_is_refused",),
    ),
    Bug(
        "an address that names a second recipient",
        "server/integrations/mail.py",
        "if not (local and at and domain) or any(",
        "if not (local and at and domain) and any(",
        (f"{_SMTP}/test_message.py::test_what_is_not_one_address_is_refused",),
    ),
)
