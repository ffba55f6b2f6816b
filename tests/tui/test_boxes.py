import pytest

from tui.boxes import Box, BoxesError, boxes_file, read_boxes, remember


def test_a_box_is_remembered_beside_the_others(tmp_path):
    path = tmp_path / "catchup" / "boxes.toml"
    home, work = Box("home", ssh="root@home"), Box("work", url="https://c.org", email='a"b@x.org')

    remember(path, home)
    remember(path, work)

    assert read_boxes(path) == {"home": home, "work": work}


def test_there_are_no_boxes_without_a_file(tmp_path):
    assert read_boxes(tmp_path / "boxes.toml") == {}


@pytest.mark.parametrize("text", ["[home", "home = 1", "[home]\nurl = 3"])
def test_a_damaged_file_is_said(tmp_path, text):
    path = tmp_path / "boxes.toml"
    path.write_text(text)

    with pytest.raises(BoxesError, match=r"boxes\.toml"):
        read_boxes(path)


@pytest.mark.parametrize("name", ["", "../x", "a b", "-x", "ü"])
def test_a_name_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(BoxesError, match="letters"):
        remember(tmp_path / "boxes.toml", Box(name, url="https://c.org"))


def test_the_file_is_where_others_keep_theirs():
    assert str(boxes_file({"XDG_CONFIG_HOME": "/x"})) == "/x/catchup/boxes.toml"
