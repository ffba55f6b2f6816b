import os
import re

import pytest

from server.embedded.errors import EmbeddedError
from server.embedded.home import hold, make_home


def test_a_new_home_is_for_its_owner_alone(tmp_path):
    home = make_home(tmp_path / "home")

    assert home.stat().st_mode & 0o777 == 0o700


def test_a_home_that_others_may_read_is_closed(tmp_path):
    make_home(tmp_path / "home").chmod(0o755)

    assert make_home(tmp_path / "home").stat().st_mode & 0o777 == 0o700


def test_a_folder_with_other_peoples_files_is_refused_and_left_as_it_is(tmp_path):
    (tmp_path / "thesis.txt").touch()
    tmp_path.chmod(0o755)

    with pytest.raises(EmbeddedError, match="not a CatchUp home"):
        make_home(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_folder_with_only_an_env_file_is_a_home(tmp_path):
    (tmp_path / "env").write_text("PORT=3001\n")

    assert make_home(tmp_path) == tmp_path


def test_a_file_in_the_place_of_a_home_is_refused(tmp_path):
    (tmp_path / "home").touch()

    with pytest.raises(EmbeddedError) as caught:
        make_home(tmp_path / "home")
    assert caught.value.code == "home_not_ours"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_home_of_another_user_is_refused_naming_both(tmp_path):
    home = make_home(tmp_path / "home")
    os.chown(home, 65534, 65534)

    with pytest.raises(EmbeddedError, match=r"belongs to user \w+, not to root"):
        make_home(home)


def test_a_home_is_held_by_one_process_which_the_refusal_names(tmp_path):
    with (
        hold(tmp_path),
        pytest.raises(EmbeddedError) as caught,
        hold(tmp_path),
    ):
        raise AssertionError("held twice")

    since = re.escape(f"process {os.getpid()}, running since 2") + r"\d{3}-\d\d-\d\d \d\d:\d\d"
    assert re.search(since, caught.value.detail)


def test_a_home_is_free_again_afterwards(tmp_path):
    with hold(tmp_path):
        pass
    with hold(tmp_path):
        pass


def test_a_holder_that_has_not_yet_written_its_name_still_holds(tmp_path):
    with hold(tmp_path):
        (tmp_path / "lock").write_text("")

        with pytest.raises(EmbeddedError, match="just started"), hold(tmp_path):
            raise AssertionError("held twice")
