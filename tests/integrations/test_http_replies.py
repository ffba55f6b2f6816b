from datetime import UTC, datetime

import pytest

from server.integrations.channel import Refused, Unclear
from server.integrations.http_replies import refusal, retry_after_s

NOON = "Mon, 02 Mar 2026 12:00:00 GMT"
OURS = datetime(2026, 3, 2, 12, 1, tzinfo=UTC)
"""Our clock is a minute fast; it counts only where the reply has no `Date`."""


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"Retry-After": "0.5"}, 0.5),
        ({"Retry-After": "-3"}, 0.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:30 GMT", "Date": NOON}, 90.0),
        ({"Retry-After": "Mon, 02 Mar 2026 11:00:00 GMT", "Date": NOON}, 0.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:30 GMT"}, 30.0),
        ({"Retry-After": "Monday, 02-Mar-26 12:01:30 GMT", "Date": NOON}, 90.0),
        ({"Retry-After": "Mon Mar  2 12:01:30 2026", "Date": NOON}, 90.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:30 -0000", "Date": NOON}, 90.0),
        ({"Retry-After": "Mon, 02 Mar 2026 12:01:30 GMT", "Date": "today"}, 30.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({"X-RateLimit-Reset": "1772452860", "Date": NOON}, 60.0),
        ({"X-RateLimit-Reset": "1772452920"}, 60.0),
        ({"X-RateLimit-Reset": "1772452860", "Retry-After": "5", "Date": NOON}, 5.0),
        ({}, None),
    ],
)
def test_how_long_to_stay_away(headers, expected):
    assert retry_after_s(headers, now=OURS) == expected


@pytest.mark.parametrize(
    ("status", "is_theirs", "expected"),
    [
        (302, False, Refused("c", False)),
        (400, True, Refused("c", True)),
        (401, True, Refused("c", False)),
        (403, False, Refused("c", False)),
        (404, True, Refused("c", False)),
        (408, True, Refused("c", False)),
        (413, False, Refused("c", True)),
        (429, False, Refused("c", False)),
        (500, True, Refused("c", False)),
        (500, False, Unclear("c")),
        (502, True, Unclear("c")),
        (503, False, Refused("c", False)),
        (504, True, Unclear("c")),
        (599, True, Unclear("c")),
    ],
)
def test_what_a_status_means_for_the_message(status, is_theirs, expected):
    assert refusal(status, {}, code="c", is_theirs=is_theirs, now=OURS) == expected


def test_a_gateway_that_names_a_time_is_heard():
    said = refusal(502, {"Retry-After": "60"}, code="c", is_theirs=False, now=OURS)

    assert said == Unclear("c", 60.0)
