from datetime import UTC, datetime, timedelta

import pytest

from tui.widgets.words import ago, read_instant, short_id, size, span

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7300, "2 h"), (90_000, "25 h"), (200_000, "2 d")],
)
def test_a_span_is_told_in_its_largest_unit(seconds, text):
    assert span(seconds) == text


def test_what_is_to_come_is_told_as_such():
    assert ago(NOW + timedelta(hours=3), NOW) == "in 3 h"


@pytest.mark.parametrize(
    ("count", "text"), [(12, "12 B"), (1536, "1.5 KB"), (64 * 2**20, "64 MB"), (2**41, "2.0 TB")]
)
def test_bytes_are_told_with_their_unit(count, text):
    assert size(count) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08:30", datetime(2026, 3, 2, 8, 30, tzinfo=UTC)),
        ("23:30", datetime(2026, 3, 1, 23, 30, tzinfo=UTC)),
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:00", datetime(2026, 2, 1, 10, tzinfo=UTC)),
        ("2026-02-01T10:00+01:00", datetime(2026, 2, 1, 9, tzinfo=UTC)),
    ],
)
def test_a_written_time_is_in_utc_and_not_ahead(text, expected):
    assert read_instant(text, datetime(2026, 3, 2, 9, tzinfo=UTC)) == expected


@pytest.mark.parametrize("text", ["noon", "25:00", "2026-13-01"])
def test_what_is_no_time_says_what_would_be(text):
    with pytest.raises(ValueError, match="08:30"):
        read_instant(text, datetime(2026, 3, 2, 9, tzinfo=UTC))


def test_of_an_id_the_end_is_told_for_it_tells_ids_apart():
    assert short_id("0193a1f0-7a3b-7c11-9d0a-6f2f3f4f5a6b") == "…f4f5a6b"
    assert short_id("schedule:retention") == "schedule:retention"
