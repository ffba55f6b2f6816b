import ssl

import pytest

from server.config_messages import sender, smtp_server
from server.integrations.smtp import connections
from server.integrations.smtp.probe import probe
from tests.fakes.smtp import SmtpFake
from tests.integrations.smtp.test_channel import LOGIN
from tests.tls import certificate

SENDER = sender("catchup@example.org")


@pytest.fixture(autouse=True)
def short_limits(monkeypatch):
    monkeypatch.setattr(connections, "LIMIT_S", 1.0)


async def found(url):
    (finding,) = await probe(smtp_server(url), SENDER)
    return finding.status, finding.detail


@pytest.fixture
def context(tmp_path):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate(tmp_path, "localhost"))
    return made


async def test_a_server_on_this_machine_is_well_and_gets_no_mail(tmp_path):
    async with SmtpFake(tmp_path / "mail.jsonl") as smtp:
        assert await found(smtp.url) == ("ok", "the server takes our mail in the clear")
        assert smtp.accepted == []


async def test_an_encrypted_one_that_knows_us_is_well(tmp_path, context):
    async with SmtpFake(tmp_path / "mail.jsonl", tls=context, has_login=True) as smtp:
        url = f"smtp://{LOGIN}@localhost:{smtp.port}?starttls=required&ca={tmp_path}/both.pem"

        assert await found(url) == ("ok", "the server takes our mail over STARTTLS, signed in")


async def test_a_wrong_password_is_said(tmp_path, context):
    async with SmtpFake(tmp_path / "mail.jsonl", tls=context, has_login=True) as smtp:
        url = f"smtp://ana:x@localhost:{smtp.port}?starttls=required&ca={tmp_path}/both.pem"

        assert await found(url) == ("fail", "the server refuses user or password (535)")


@pytest.mark.parametrize(
    ("scheme", "options", "is_implicit"),
    [("smtp", "?starttls=required", False), ("smtps", "", True)],
)
async def test_a_certificate_that_is_not_trusted_is_said(
    tmp_path, context, scheme, options, is_implicit
):
    async with SmtpFake(tmp_path / "m", tls=context, is_implicit=is_implicit) as smtp:
        status, detail = await found(f"{scheme}://localhost:{smtp.port}{options}")

        assert status == "fail"
        assert detail.startswith(f"the certificate of localhost:{smtp.port} is not trusted: ")


async def test_tls_at_the_wrong_port_is_said(tmp_path):
    async with SmtpFake(tmp_path / "mail.jsonl") as smtp:
        status, detail = await found(f"smtps://localhost:{smtp.port}")

        assert (status, "does not speak TLS" in detail) == ("fail", True)


async def test_a_server_without_starttls_is_said(tmp_path):
    async with SmtpFake(tmp_path / "mail.jsonl") as smtp:
        outcome = await found(f"{smtp.url}?starttls=required")

        assert outcome == ("fail", "the server cannot do what SMTP_URL asks for")


async def test_a_sender_that_is_not_ours_is_said(tmp_path):
    async with SmtpFake(tmp_path / "mail.jsonl") as smtp:
        smtp.sender_answer = "553 5.7.1 not yours"

        outcome = await found(smtp.url)
        assert outcome == ("fail", "the server does not let us send as catchup@example.org (553)")


async def test_a_server_that_is_not_there_is_said(tmp_path):
    async with SmtpFake(tmp_path / "mail.jsonl") as smtp:
        pass

    status, detail = await found(smtp.url)
    assert (status, detail.startswith("no connection to 127.0.0.1:")) == ("fail", True)
