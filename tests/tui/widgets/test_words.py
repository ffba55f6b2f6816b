from datetime import UTC, datetime, timedelta

import pytest

from tui.widgets.words import ago, size, span

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
