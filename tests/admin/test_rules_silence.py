"""Why a user got nothing, from given facts."""

from datetime import date, timedelta
from typing import Any

import pytest

from server.admin.rules_silence import Facts, Reason, open_breakers, reasons_of
from tests.times import MONDAY

HOUR = timedelta(hours=1)
USER = {
    "disabled_at": None,
    "phone_verified_at": MONDAY,
    "sms": True,
    "email": True,
    "next_digest_at": MONDAY + timedelta(days=6),
}
MESSAGE = {
    "id": None,
    "kind": "digest",
    "channel": "email",
    "state": "pending",
    "code": None,
    "created_at": MONDAY - HOUR,
    "next_attempt_at": MONDAY,
    "sent_at": None,
    "provider": "twilio",
    "delivered_at": None,
    "ended_at": None,
}


def why(user: dict[str, Any] | None = None, **facts: Any) -> list[tuple[str, Any]]:
    """Return code and time of each reason of a user who has everything."""
    return [(reason.code, reason.at) for reason in reasons(user, **facts)]


def reasons(user: dict[str, Any] | None = None, **facts: Any) -> list[Reason]:
    given = Facts(
        **{
            "user": USER | (user or {}),
            "stopped": (),
            "providers": {"sms": "twilio", "email": "smtp"},
            "breakers": (),
            "quiet_until": None,
            "digests": (),
            "messages": (),
            **facts,
        }
    )
    return reasons_of(given, now=MONDAY)


NEXT = ("next_digest", MONDAY + timedelta(days=6))


def test_who_lacks_nothing_waits_for_the_next_digest():
    assert why() == [NEXT]


def test_a_disabled_account_is_said_first():
    assert why({"disabled_at": MONDAY - HOUR})[0] == ("user_disabled", MONDAY - HOUR)


@pytest.mark.parametrize(
    ("user", "code"),
    [
        ({"sms": False}, "preference_off"),
        ({"email": False}, "preference_off"),
        ({"phone_verified_at": None}, "no_phone"),
    ],
)
def test_a_way_that_the_user_does_not_have_is_named(user, code):
    assert why(user) == [(code, None), NEXT]


def test_a_phone_is_not_asked_of_who_wants_no_sms():
    assert why({"sms": False, "phone_verified_at": None}) == [("preference_off", None), NEXT]


def test_stop_is_told_with_its_time():
    stopped = [{"channel": "sms", "stopped_at": MONDAY - HOUR}]

    assert why(stopped=stopped) == [("opted_out", MONDAY - HOUR), NEXT]


def test_a_channel_without_a_provider_is_named():
    assert why(providers={"sms": None, "email": "smtp"}) == [("no_provider", None), NEXT]


def test_a_provider_that_rests_is_named_and_no_other():
    resting = {"open_until": MONDAY + HOUR, "last_error_code": "http_500"}
    breakers = [{"provider": name, **resting} for name in ("smtp", "sendgrid")]

    assert why(breakers=breakers) == [("provider_resting", None), NEXT]


def test_only_breakers_that_are_open_now_count():
    rows = [
        {"provider": name, "open_until": until}
        for name, until in (("a", None), ("b", MONDAY), ("c", MONDAY + HOUR))
    ]

    assert [row["provider"] for row in open_breakers(rows, now=MONDAY)] == ["c"]


def test_quiet_hours_are_told():
    assert why(quiet_until=MONDAY + HOUR) == [("quiet_hours", None), NEXT]


@pytest.mark.parametrize(
    ("due_at", "code"),
    [
        (None, "no_schedule"),
        (MONDAY - timedelta(minutes=15), "digest_not_written"),
        (MONDAY - timedelta(minutes=14), "next_digest"),
    ],
)
def test_a_digest_that_nobody_wrote_is_told_when_it_is_late(due_at, code):
    assert why({"next_digest_at": due_at}) == [(code, due_at)]


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        ("nothing_to_say", ["next_digest", "nothing_to_say"]),
        ("skipped", ["next_digest", "digest_skipped"]),
        ("written", ["next_digest"]),
    ],
)
def test_a_digest_that_was_not_written_says_why(state, codes):
    digest = {"local_date": date(2026, 3, 1), "due_at": MONDAY, "state": state, "reason": "no_way"}

    assert [code for code, _ in why(digests=[digest])] == codes


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"next_attempt_at": MONDAY + HOUR}, ("waiting", MONDAY - HOUR)),
        ({}, ("leaving", MONDAY - HOUR)),
        ({"state": "sending"}, ("leaving", MONDAY - HOUR)),
        ({"state": "suppressed", "code": "cap"}, ("suppressed", MONDAY - HOUR)),
        ({"state": "failed", "ended_at": MONDAY}, ("failed", MONDAY)),
        ({"state": "unknown", "ended_at": MONDAY}, ("unknown", MONDAY)),
        ({"state": "accepted", "sent_at": MONDAY}, ("accepted", MONDAY)),
        ({"state": "delivered", "delivered_at": MONDAY}, ("delivered", MONDAY)),
    ],
)
def test_each_message_says_where_it_is(values, expected):
    assert why(messages=[MESSAGE | values]) == [NEXT, expected]


def test_what_happened_comes_newest_first():
    digest = {
        "local_date": date(2026, 3, 1),
        "due_at": MONDAY - 2 * HOUR,
        "state": "nothing_to_say",
        "reason": None,
    }
    old = MESSAGE | {"state": "failed", "ended_at": MONDAY - 3 * HOUR}

    found = why(digests=[digest], messages=[MESSAGE, old])

    assert [code for code, _ in found] == ["next_digest", "leaving", "nothing_to_say", "failed"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": "failed", "code": "http_400"}, "could not be sent (http_400)"),
        (
            {"state": "failed", "code": "bounce_5.1.1", "sent_at": MONDAY},
            "left and was not delivered (bounce_5.1.1)",
        ),
        ({"state": "accepted", "provider": "console"}, "printed by the worker"),
    ],
)
def test_a_message_says_how_far_it_came(values, words):
    assert words in reasons(messages=[MESSAGE | values])[-1].sentence
