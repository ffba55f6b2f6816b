import hashlib

import pytest
from click.testing import CliRunner

from server.__main__ import main
from server.users import breached


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("CATCHUP_HOME", str(tmp_path / "home"))


def run(*words):
    return CliRunner().invoke(main, ["passwords", "import", *map(str, words)])


def test_a_list_of_hashes_is_taken_in(tmp_path):
    file = tmp_path / "pwned.txt"
    file.write_text(f"{hashlib.sha1(b'tulip123').hexdigest().upper()}:7\n")

    result = run(file, "--least-count", "7")

    assert (result.exit_code, result.output.split()[:2]) == (0, ["1", "passwords"])
    assert breached.is_breached("tulip123")


def test_plain_words_are_taken_in_in_any_order(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("tulip9\r\ntulip1\n\ntulip5")

    assert run(file, "--plain").exit_code == 0
    assert all(breached.is_breached(word) for word in ("tulip1", "tulip5", "tulip9"))


def test_what_is_no_list_is_one_line(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("tulip9\n")

    result = run(file)

    assert (result.exit_code, result.output) == (
        1,
        "catchup: nothing was imported: line 1 is not SHA1:COUNT\n",
    )
