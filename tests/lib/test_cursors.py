import base64
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.lib.cursors import MAX_LENGTH, decode, encode

ID = UUID("0198c0de-0000-7000-8000-000000000001")
MOMENT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)


def cursor(json_text: str) -> str:
    return base64.urlsafe_b64encode(json_text.encode()).rstrip(b"=").decode()


def test_values_come_back_as_they_went():
    values = ("Zoë 東京", -7, MOMENT, ID, None)
    assert decode(encode(values), (str, int, datetime, UUID, str)) == values


def test_any_value_may_be_missing():
    assert decode(encode((None, None)), (datetime, int)) == (None, None)


def test_another_offset_is_the_same_instant():
    local = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert decode(encode((local,)), (datetime,)) == (MOMENT,)


def test_a_cursor_can_stand_in_a_url():
    assert encode(("ÿþ?~" * 20, ID)).replace("-", "").replace("_", "").isalnum()


def test_too_long_values_are_refused_when_made():
    with pytest.raises(ValueError, match="too long"):
        encode(("x" * MAX_LENGTH,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "é",
        "a b",
        "====",
        "\ud800",
        "x" * (MAX_LENGTH + 1),
        cursor(""),
        cursor("{}"),
        cursor("null"),
        cursor("[1"),
        cursor("[]"),
        cursor("[1,2]"),
        cursor("[1.5]"),
        cursor("[true]"),
        cursor("[NaN]"),
        cursor('["1"]'),
        cursor("[[1]]"),
        cursor("[9223372036854775808]"),
        cursor("[-9223372036854775809]"),
        cursor("[" * 1_500),
        cursor("9" * 1_500),
        base64.urlsafe_b64encode(b"[\xff]").decode(),
    ],
)
def test_what_is_no_cursor_of_one_number_is_refused(text: str):
    with pytest.raises(ValueError, match="cursor"):
        decode(text, (int,))


@pytest.mark.parametrize(
    "text",
    [
        encode((5,)) + "=",
        encode((5,)) + "\n",
        cursor("[ 5]"),
        cursor("[5 ]"),
        cursor("[05]"),
        cursor("[-0]"),
    ],
)
def test_another_spelling_of_the_same_values_is_refused(text: str):
    with pytest.raises(ValueError, match="cursor"):
        decode(text, (int,))


@pytest.mark.parametrize(
    ("json_text", "kind"),
    [
        ('["not a date"]', datetime),
        ('["2026-03-01T09:30:00"]', datetime),
        ('["2026-03-01"]', datetime),
        ('["99999-01-01T00:00:00+00:00"]', datetime),
        ('["0001-01-01T00:00:00+23:59"]', datetime),
        ("[1767225600]", datetime),
        ('["0198c0de"]', UUID),
        ('["{0198c0de-0000-7000-8000-000000000001}"]', UUID),
        ("[7]", UUID),
        ("[7]", str),
        (r'["a\u0000b"]', str),
        (r'["\ud800"]', str),
    ],
)
def test_a_value_of_another_type_is_refused(json_text: str, kind: type):
    with pytest.raises(ValueError, match="cursor is malformed"):
        decode(cursor(json_text), (kind,))


@settings(derandomize=True, deadline=None)
@given(st.text(max_size=60))
def test_no_text_raises_anything_but_value_error(text: str):
    for types in ((str,), (int, UUID), (datetime,)):
        try:
            decode(text, types)
        except ValueError:
            continue


@settings(derandomize=True, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=100))
def test_any_clean_text_survives(text: str):
    assert decode(encode((text,)), (str,)) == (text,)
