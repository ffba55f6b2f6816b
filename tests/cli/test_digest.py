import json

import pytest

from tests.cli.conftest import EMAIL

CARD = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Ben Berg\r\nNOTE:canary\r\nEND:VCARD\r\n"


@pytest.fixture
async def with_suggestion(catchup, tmp_path):
    """A command line on whose server Ben is to be caught up with."""
    (tmp_path / "ben.vcf").write_text(CARD)
    for words in (("import", str(tmp_path / "ben.vcf")), ("suggest",)):
        done = await catchup(*words, "--user", EMAIL)
        assert done.exit_code == 0, done.output
    return catchup


async def test_a_preview_shows_mail_and_sms_and_changes_nothing(with_suggestion):
    shown = await with_suggestion("digest", "preview", "--user", EMAIL)
    again = await with_suggestion("digest", "preview", "--user", EMAIL, "--json")

    assert shown.exit_code == 0, shown.output
    assert "Subject: Catch up with Ben Berg" in shown.stdout
    assert "1  Ben Berg" in shown.stdout
    assert "Reply 1 yes, 1 later or 1 no" in shown.stdout
    assert "canary" not in shown.stdout
    assert json.loads(again.stdout)["subject"] == "Catch up with Ben Berg"


async def test_a_digest_is_sent_once_a_day(with_suggestion):
    first = await with_suggestion("digest", "send", "--user", EMAIL, "--json")
    second = await with_suggestion("digest", "send", "--user", EMAIL)

    assert json.loads(first.stdout) == {"outcome": "written"}
    assert second.exit_code == 1
    assert "settled already" in second.stderr


async def test_nothing_to_say_is_said(catchup):
    shown = await catchup("digest", "preview", "--user", EMAIL)
    sent = await catchup("digest", "send", "--user", EMAIL)

    assert "There is nothing to say" in shown.stdout
    assert (sent.exit_code, "There is nothing to say" in sent.stderr) == (1, True)


async def test_nobody_is_one_line(catchup):
    shown = await catchup("digest", "preview", "--user", "nobody@example.org")

    assert shown.stderr.startswith("catchup: Nobody has that e-mail")
