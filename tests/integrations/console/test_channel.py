import shlex
from dataclasses import replace

from server.integrations.channel import Absent, Accepted
from server.integrations.console.channel import ConsoleChannel
from tests.integrations.outgoing import MAIL, MESSAGE, SMS
from tests.times import MONDAY


async def test_a_message_is_printed_whole_and_says_how_to_answer(capsys):
    sent = await ConsoleChannel("sms").send(SMS)

    printed = capsys.readouterr().out
    assert sent == Accepted(f"console-{MESSAGE}")
    assert SMS.address in printed
    assert SMS.text in printed
    assert "catchup reply" in printed


async def test_a_mail_has_its_subject(capsys):
    await ConsoleChannel("email").send(MAIL)

    assert f"Subject: {MAIL.subject}" in capsys.readouterr().out


async def test_a_name_cannot_steer_the_terminal(capsys):
    await ConsoleChannel("sms").send(replace(SMS, text="\x1b]0;owned\x07 Mara\r\n2 Jo\u202e"))

    printed = capsys.readouterr().out
    assert not {"\x1b", "\x07", "\r", "\u202e"} & set(printed)
    assert "2 Jo" in printed


async def test_what_may_not_have_been_printed_is_printed_again():
    assert await ConsoleChannel("sms").find(SMS, since=MONDAY) == Absent()


async def test_a_mail_says_the_very_command_that_answers_it(capsys):
    await ConsoleChannel("email").send(replace(MAIL, address="o'neil@example.org"))

    command = next(line for line in capsys.readouterr().out.splitlines() if "catchup reply" in line)
    _, _, said = command.partition(": ")
    words = ["--user", "o'neil@example.org", "--channel", "email", "TEXT"]
    assert shlex.split(said) == ["catchup", "reply", *words]
