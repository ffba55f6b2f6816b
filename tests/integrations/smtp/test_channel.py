import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import quote

import pytest

from server.config_messages import sender, smtp_server
from server.integrations.channel import Accepted, CannotTell, Refused, Unclear
from server.integrations.smtp import connections
from server.integrations.smtp.channel import SmtpChannel
from tests.fakes.smtp import PASSWORD, USER, SmtpFake
from tests.integrations.outgoing import MAIL, MESSAGE
from tests.times import MONDAY
from tests.tls import certificate

SENDER = sender("CatchUp <catchup@example.org>")
LOGIN = f"{quote(USER)}:{quote(PASSWORD, safe='')}"


@pytest.fixture(autouse=True)
def short_limits(monkeypatch):
    monkeypatch.setattr(connections, "LIMIT_S", 0.5)
    monkeypatch.setattr(connections, "DATA_LIMIT_S", 0.3)


@pytest.fixture
async def smtp(tmp_path) -> AsyncIterator[SmtpFake]:
    async with SmtpFake(tmp_path / "mail.jsonl") as fake:
        yield fake


@pytest.fixture
async def channel(smtp) -> AsyncIterator[SmtpChannel]:
    made = SmtpChannel(smtp_server(smtp.url), SENDER)
    yield made
    await made.close()


@asynccontextmanager
async def encrypted(folder, **given) -> AsyncIterator[SmtpFake]:
    """A server whose certificate signs itself: `ca` in the URL makes it trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder, "localhost"))
    async with SmtpFake(folder / "tls.jsonl", tls=context, **given) as fake:
        yield fake


async def sent_to(url):
    made = SmtpChannel(smtp_server(url), SENDER)
    try:
        return await made.send(MAIL)
    finally:
        await made.close()


async def test_what_the_server_takes_is_on_its_ledger(smtp, channel):
    accepted = await channel.send(MAIL)

    (entry,) = smtp.accepted
    assert accepted == Accepted(f"<{MESSAGE}@example.org>")
    assert (entry.to, entry.text, entry.message) == (MAIL.address, MAIL.text, str(MESSAGE))


@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("throttle", {}, Refused("smtp_450", False)),
        ("error", {}, Refused("smtp_451", False)),
        ("unavailable", {}, Refused("smtp_421", False)),
        ("refuse", {"code": 554}, Refused("smtp_554", True)),
        ("drop", {}, Unclear("line_dropped")),
        ("accept_then_drop", {}, Unclear("line_dropped")),
        ("accept_then_garbage", {}, Unclear("garbage")),
        ("slow", {"delay_s": 2.0}, Unclear("timed_out")),
        ("accept_then_slow", {"delay_s": 2.0}, Unclear("timed_out")),
    ],
)
async def test_an_answer_to_the_mail_says_whether_it_is_there(
    smtp, channel, kind, details, expected
):
    smtp.script.next(kind, **details)

    assert await channel.send(MAIL) == expected
    assert isinstance(await channel.send(MAIL), Accepted)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 5.1.1 nobody here", Refused("smtp_550", True)),
        ("452 4.2.2 mailbox full", Refused("smtp_452", False)),
    ],
)
async def test_a_refused_recipient_is_refused_for_good_or_for_now(smtp, channel, answer, expected):
    smtp.recipient_answer = answer

    assert await channel.send(MAIL) == expected


async def test_a_refused_sender_is_the_admins_to_mend(smtp, channel):
    smtp.sender_answer = "553 5.7.1 not your address"

    assert await channel.send(MAIL) == Refused("smtp_553", False)


async def test_a_connection_is_used_again(smtp, channel):
    await channel.send(MAIL)
    await channel.send(MAIL)

    assert (len(smtp.accepted), smtp.connections) == (2, 1)


async def test_a_connection_that_died_meanwhile_is_replaced(smtp, channel):
    await channel.send(MAIL)
    smtp.hang_up()

    assert isinstance(await channel.send(MAIL), Accepted)
    assert (len(smtp.accepted), smtp.connections) == (2, 2)


async def test_a_server_that_says_goodbye_to_an_old_connection_is_called_again(smtp, channel):
    await channel.send(MAIL)
    smtp.sender_answer = "421 4.4.2 idle for too long"

    assert await channel.send(MAIL) == Refused("smtp_421", False)
    assert smtp.connections == 2


async def test_a_server_that_is_not_there_has_nothing(smtp, tmp_path):
    async with SmtpFake(tmp_path / "gone.jsonl") as gone:
        pass

    assert await sent_to(gone.url) == Refused("unreachable", False)


async def test_what_became_of_it_nobody_tells(channel):
    assert await channel.find(MAIL, since=MONDAY) == CannotTell("smtp_cannot_tell")


async def test_starttls_and_a_login(tmp_path):
    async with encrypted(tmp_path, has_login=True) as smtp:
        url = f"smtp://{LOGIN}@localhost:{smtp.port}?starttls=required&ca={tmp_path}/both.pem"

        assert isinstance(await sent_to(url), Accepted)


async def test_tls_from_the_first_byte(tmp_path):
    async with encrypted(tmp_path, is_implicit=True) as smtp:
        url = f"smtps://localhost:{smtp.port}?ca={tmp_path}/both.pem"

        assert isinstance(await sent_to(url), Accepted)


@pytest.mark.parametrize(
    ("scheme", "options", "is_implicit"),
    [("smtp", "?starttls=required", False), ("smtps", "", True)],
)
async def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path, scheme, options, is_implicit
):
    async with encrypted(tmp_path, is_implicit=is_implicit) as smtp:
        outcome = await sent_to(f"{scheme}://localhost:{smtp.port}{options}")

        assert outcome == Refused("unreachable", False)
        assert smtp.accepted == []


async def test_a_server_without_starttls_gets_nothing_when_it_is_required(smtp):
    outcome = await sent_to(f"{smtp.url}?starttls=required")

    assert outcome == Refused("smtp_not_supported", False)
    assert smtp.accepted == []


async def test_a_wrong_password_is_the_admins_to_mend(tmp_path):
    async with encrypted(tmp_path, has_login=True) as smtp:
        url = f"smtp://ana:x@localhost:{smtp.port}?starttls=required&ca={tmp_path}/both.pem"

        assert await sent_to(url) == Refused("smtp_535", False)


async def test_letters_that_plain_smtp_cannot_carry_go_by_smtputf8(smtp, channel):
    await channel.send(replace(MAIL, address="änna@bücher.example"))

    assert smtp.recipients == [["änna@xn--bcher-kva.example"]]


async def test_without_smtputf8_such_an_address_is_refused_for_good(tmp_path):
    async with SmtpFake(tmp_path / "old.jsonl", has_utf8=False) as old:
        channel = SmtpChannel(smtp_server(old.url), SENDER)
        outcome = await channel.send(replace(MAIL, address="änna@example.org"))

        assert outcome == Refused("address_not_ascii", True)
        await channel.close()


@asynccontextmanager
async def silent_at(command: str, *, says: bytes | None) -> AsyncIterator[str]:
    """A server that goes along until `command`, then says this and hangs up, or (None) nothing."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.org\r\n")
        while line := await reader.readline():
            if line.decode().upper().startswith(command):
                if says is None:
                    await asyncio.sleep(5)
                writer.write(says or b"")
                break
            writer.write(b"250 OK\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (b"", Refused("line_dropped", False)),
        (None, Refused("timed_out", False)),
        (b"what?\r\n", Refused("garbage", False)),
        (b"451 4.7.1 come back\r\n", Refused("smtp_451", False)),
        (b"554 5.7.1 no\r\n", Refused("smtp_554", True)),
        (b"250 already?\r\n", Refused("smtp_250", False)),
    ],
)
async def test_before_the_server_waits_for_the_mail_it_can_have_none_of_it(says, expected):
    begun = []

    async def begin():
        begun.append(1)

    async with silent_at("DATA", says=says) as url:
        made = SmtpChannel(smtp_server(url), SENDER)
        assert await made.send(MAIL, begin) == expected
        await made.close()
    assert begun == []


async def test_a_call_begins_after_all_that_can_be_refused(smtp, channel):
    seen = []

    async def begin():
        seen.append(len(smtp.accepted))

    assert isinstance(await channel.send(MAIL, begin), Accepted)
    smtp.recipient_answer = "550 5.1.1 nobody here"
    await channel.send(MAIL, begin)

    assert seen == [0]


async def test_what_may_not_begin_is_not_handed_over(smtp, channel):
    async def begin():
        raise PermissionError

    with pytest.raises(PermissionError):
        await channel.send(MAIL, begin)

    assert smtp.accepted == []
    assert isinstance(await channel.send(MAIL), Accepted)


async def test_dots_at_the_start_of_lines_arrive(smtp, channel):
    text = ".\n..\n.hidden\nend."
    await channel.send(replace(MAIL, text=text, html=None))

    assert smtp.accepted[0].text.strip("\n") == text
