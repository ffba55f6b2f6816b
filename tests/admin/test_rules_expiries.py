from datetime import timedelta

import pytest

from server.admin import rules_expiries as rules
from server.health.certificate import Certificate
from tests.times import MONDAY

DAY = timedelta(days=1)


@pytest.mark.parametrize(("days", "status"), [(60, "ok"), (10, "warn"), (2, "fail"), (-1, "fail")])
def test_a_certificate_is_urgent_when_it_ends_soon(days, status):
    found = rules.of_certificate(Certificate("box.example", MONDAY + days * DAY), now=MONDAY)

    assert (found.status, found.ends_at) == (status, MONDAY + days * DAY)


def test_a_certificate_that_cannot_be_seen_says_why():
    found = rules.of_certificate(Certificate("box.example", None, "self-signed"), now=MONDAY)

    assert found.status == "warn"
    assert "self-signed" in found.sentence


def test_a_key_of_two_years_is_old():
    key = {"purpose": "jwt", "created_at": MONDAY - 730 * DAY}

    found = rules.of_key(key, now=MONDAY)

    assert (found.status, found.fix) == ("warn", "Run `catchup keys rotate jwt`.")


def test_a_provider_that_took_messages_and_told_nothing_warns():
    found = rules.of_webhook("twilio", heard_at=None, sent_at=MONDAY - DAY, now=MONDAY)

    assert (found.status, "never heard" in found.sentence) == ("warn", True)


def test_a_provider_that_told_of_the_last_message_is_well():
    found = rules.of_webhook("twilio", heard_at=MONDAY, sent_at=MONDAY - DAY, now=MONDAY)

    assert found.status == "ok"


def test_a_message_of_an_hour_ago_may_still_be_under_way():
    sent_at = MONDAY - timedelta(hours=1)

    assert rules.of_webhook("twilio", heard_at=None, sent_at=sent_at, now=MONDAY).status == "ok"


def test_the_worst_comes_first_then_what_ends_first():
    soon = rules.of_token({"id": 1, "expires_at": MONDAY + DAY}, now=MONDAY)
    later = rules.of_token({"id": 2, "expires_at": MONDAY + 20 * DAY}, now=MONDAY)
    dead = rules.of_certificate(Certificate("box.example", MONDAY - DAY), now=MONDAY)
    aged = rules.of_key({"purpose": "jwt", "created_at": MONDAY}, now=MONDAY)

    assert rules.in_order([aged, later, soon, dead]) == [dead, soon, later, aged]
