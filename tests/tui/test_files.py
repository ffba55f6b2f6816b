from datetime import UTC, datetime

import pytest

from tui import files

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_file_is_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    path = files.export("users", {"a": NOW}, now=NOW)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == '{\n  "a": "2026-03-02T09:00:00+00:00"\n}\n'


def test_a_file_of_the_same_second_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    first = files.write("copied", "txt", "one", now=NOW)

    second = files.write("copied", "txt", "two", now=NOW)

    assert (first.read_text(), second.read_text()) == ("one", "two")


def broken_off() -> None:
    with files.new("x", "zip", now=NOW) as (path, file):
        file.write(b"part")
        assert path.exists()
        raise ValueError("cut")


def test_a_file_whose_writing_fails_is_taken_away(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(ValueError, match="cut"):
        broken_off()

    assert not list(tmp_path.iterdir())
