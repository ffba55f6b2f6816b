"""Where root's database files go. The cases with real services are in test_services_user.py."""

import os
import stat

import pytest

from server.embedded.account import default_account
from server.embedded.errors import EmbeddedError
from server.embedded.home import make_home
from server.embedded.placement import Placement, existing_databases, far_folder, place

ROOT = os.geteuid() == 0
needs_root = pytest.mark.skipif(not ROOT, reason="only root's services run as another user")


@pytest.fixture
def shared(folder):
    return folder / "shared" / "catchup"


@pytest.fixture
def open_home(folder):
    return make_home(folder / "open" / "home")


@pytest.fixture
def closed_home(folder):
    (folder / "closed").mkdir(mode=0o700)
    return make_home(folder / "closed" / "home")


def pretend_database(folder):
    data = folder / "pgdata-15"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    account = default_account()
    os.chown(data, account.uid, account.gid)


@pytest.mark.skipif(ROOT, reason="for ordinary users")
def test_an_ordinary_users_files_are_in_the_home(closed_home, shared, said):
    assert place(closed_home, shared_root=shared, say=said.append) == Placement(closed_home, None)


@needs_root
def test_roots_files_are_in_the_home_where_their_user_can_reach_it(open_home, shared, said):
    found = place(open_home, shared_root=shared, say=said.append)

    assert found == Placement(open_home, default_account())
    assert said == []


@needs_root
def test_a_home_lets_that_user_through_but_shows_nobody_its_files(open_home, shared, said):
    place(open_home, shared_root=shared, say=said.append)

    status = open_home.stat()
    assert stat.S_IMODE(status.st_mode) == 0o710
    assert (status.st_uid, status.st_gid) == (0, default_account().gid)


@needs_root
def test_roots_files_go_elsewhere_where_that_user_is_shut_out_and_that_is_said(
    closed_home, shared, said
):
    found = place(closed_home, shared_root=shared, say=said.append)

    assert found.folder == far_folder(closed_home, shared)
    assert f"database files go to {found.folder}" in said[0]


@needs_root
def test_a_home_that_is_shut_stays_shut(closed_home, shared, said):
    place(closed_home, shared_root=shared, say=said.append)

    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700


@needs_root
def test_the_other_place_names_its_home(closed_home, shared, said):
    found = place(closed_home, shared_root=shared, say=said.append)

    assert (found.folder / "home").read_text() == f"{closed_home}\n"


@needs_root
def test_files_that_went_elsewhere_stay_there_when_the_home_opens(closed_home, shared, said):
    far = place(closed_home, shared_root=shared, say=said.append).folder
    pretend_database(far)
    closed_home.parent.chmod(0o711)

    assert place(closed_home, shared_root=shared, say=said.append).folder == far


@needs_root
def test_files_in_a_home_that_was_shut_later_are_not_passed_over(open_home, shared, said):
    pretend_database(open_home)
    open_home.parent.chmod(0o700)

    with pytest.raises(EmbeddedError, match="cannot reach it any more") as caught:
        place(open_home, shared_root=shared, say=said.append)
    assert caught.value.code == "not_reachable"


@needs_root
def test_the_owner_of_the_files_stays_their_user(open_home, shared, said):
    pretend_database(open_home)
    os.chown(open_home / "pgdata-15", 65_534, 65_534)

    account = place(open_home, shared_root=shared, say=said.append).account

    assert account
    assert account.uid == 65_534


@needs_root
def test_databases_in_both_places_are_refused(open_home, shared, said):
    pretend_database(open_home)
    pretend_database(far_folder(open_home, shared))

    with pytest.raises(EmbeddedError, match="move one of them away"):
        place(open_home, shared_root=shared, say=said.append)


def test_two_homes_never_share_a_place(tmp_path):
    assert far_folder(tmp_path / "a") != far_folder(tmp_path / "b")


def test_an_unfinished_folder_is_no_database(tmp_path):
    (tmp_path / "pgdata-15").mkdir()

    assert existing_databases(tmp_path) == []
