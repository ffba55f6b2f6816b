"""Passwords that everybody tries first are chosen by nobody."""

import hashlib

import pytest

from server.users import breached
from tests.factories import PASSWORD


@pytest.fixture
def own_list(monkeypatch, tmp_path):
    """Where this test's imported list is."""
    monkeypatch.setenv("CATCHUP_HOME", str(tmp_path))
    return breached.imported_file()


def lines_of(*passwords, count=5):
    hashes = sorted(hashlib.sha1(word.encode()).hexdigest().upper() for word in passwords)
    return [f"{one}:{count}\r\n".encode() for one in hashes]


@pytest.mark.parametrize("password", ["password", "12345678", "qwertyuiop", "iloveyou"])
def test_the_commonest_are_on_the_list_that_comes_along(own_list, password):
    assert breached.is_breached(password)


@pytest.mark.parametrize("password", ["PassWord", "ｐａｓｓｗｏｒｄ", "QWERTYUIOP"])
def test_case_and_width_make_no_other_password(own_list, password):
    assert breached.is_breached(password)


@pytest.mark.parametrize("password", [PASSWORD, "a whole new passphrase", "x7!kQ_ein Fluss"])
def test_what_few_would_think_of_is_not(own_list, password):
    assert not breached.is_breached(password)


def test_the_list_that_comes_along_is_in_order_and_whole():
    content = breached.BUILT_IN.read_bytes()
    prefixes = [content[at : at + 8] for at in range(0, len(content), 8)]

    assert prefixes == sorted(set(prefixes))
    assert len(prefixes) == 11_611


def test_every_password_of_an_imported_list_is_found_and_no_other(own_list):
    passwords = [f"tulip{number}" for number in range(1000)]
    breached.write(breached.read_hashes(lines_of(*passwords), least_count=1), own_list)

    assert all(breached.is_breached(word) for word in passwords)
    assert not any(breached.is_breached(f"{word}x") for word in passwords)


def test_rare_ones_are_left_out(own_list):
    lines = lines_of("tulip1", count=9)
    assert breached.write(breached.read_hashes(lines, least_count=10), own_list) == 0
    assert breached.write(breached.read_hashes(lines, least_count=9), own_list) == 1


@pytest.mark.parametrize(
    "line",
    [b"tulip", b"00:1", b"g" * 40 + b":1", b"0" * 40, b"0" * 40 + b":x", b"\xff" * 40 + b":1"],
)
def test_a_line_that_is_none_is_named_by_its_number(line):
    with pytest.raises(ValueError, match="line 2 is not"):
        list(breached.read_hashes([*lines_of("tulip"), line], least_count=1))


def test_a_file_that_is_not_in_order_changes_nothing(own_list):
    breached.write(breached.read_hashes(lines_of("tulip1"), least_count=1), own_list)
    wrong = reversed(lines_of("tulip2", "tulip3"))

    with pytest.raises(ValueError, match="order"):
        breached.write(breached.read_hashes(wrong, least_count=1), own_list)

    assert breached.is_breached("tulip1")
    assert [file.name for file in own_list.parent.iterdir()] == [own_list.name]


@pytest.mark.parametrize(
    ("path", "field", "more"),
    [
        ("register", "password", {"email": "new@example.org"}),
        ("change-password", "new_password", {"current_password": PASSWORD}),
    ],
)
async def test_a_breached_password_is_refused_by_name(client, member, path, field, more):
    body = {field: "Password1", **more}

    reply = await client.post(f"/api/auth/{path}", headers=member.headers, json=body)

    problem = await reply.get_json()
    assert (reply.status_code, problem["code"]) == (400, "password_breached")
    assert [error["field"] for error in problem["errors"]] == [field]
    assert "Password1" not in await reply.get_data(as_text=True)
