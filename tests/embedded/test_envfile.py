import pytest

from server.embedded.envfile import append_env, read_env, rename_env


def test_a_file_that_is_not_there_sets_nothing(tmp_path):
    assert read_env(tmp_path / "env") == {}


def test_quotes_comments_and_export_are_read_as_in_any_env_file(tmp_path):
    path = tmp_path / "env"
    path.write_text("export A='two words'  # why\nB=\"line\\nbreak\"\nC=plain # why\nD\n")

    assert read_env(path) == {"A": "two words", "B": "line\nbreak", "C": "plain"}


def test_appended_values_are_read_back(tmp_path):
    append_env(tmp_path / "env", {"A": "0f", "B": "x-y"}, heading="Made by us.")

    assert read_env(tmp_path / "env") == {"A": "0f", "B": "x-y"}


def test_appending_keeps_every_line_that_stands_there(tmp_path):
    path = tmp_path / "env"
    path.write_text("# mine\nPORT=3001")

    append_env(path, {"A": "1"}, heading="Made by us.")

    assert path.read_text() == "# mine\nPORT=3001\n# Made by us.\nA=1\n"


def test_a_written_file_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "env"
    path.write_text("PORT=3001\n")
    path.chmod(0o644)

    append_env(path, {"A": "1"}, heading="Made by us.")

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_value_that_needs_quotes_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="A"):
        append_env(tmp_path / "env", {"A": "two words"}, heading="Made by us.")


def test_a_renamed_value_takes_the_place_of_the_other(tmp_path):
    path = tmp_path / "env"
    path.write_text("# mine\nKEY=old\nPORT=3001\nKEY_NEXT=new\n")

    rename_env(path, "KEY_NEXT", "KEY")

    assert path.read_text() == "# mine\nPORT=3001\nKEY=new\n"
    assert path.stat().st_mode & 0o777 == 0o600
