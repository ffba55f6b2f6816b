from datetime import timedelta
from uuid import UUID

import pytest

from server.alerts import rules
from server.alerts.rules import AlertKind
from server.alerts.words import body_of, subject_of
from tests.times import MONDAY

CHAIN_ID, USER_ID = UUID(int=1), UUID(int=2)


def kinds_of(**counts):
    row = {"chain_id": CHAIN_ID, "user_id": USER_ID, "at": MONDAY}
    none = {"failures": 0, "exports": 0, "exported": 0, "deleted": 0}
    return [alert.kind for alert in rules.of_users([row | none | counts])]


def of_addresses(*counts):
    rows = [{"address": a, "failures": n, "at": MONDAY} for a, n in counts]
    return rules.of_addresses(rows, chain_id=CHAIN_ID)


@pytest.mark.parametrize(
    ("counts", "kinds"),
    [
        ({}, []),
        ({"failures": 9}, []),
        ({"failures": 10}, [AlertKind.MANY_FAILURES]),
        ({"exported": 499, "exports": 4}, []),
        ({"exported": 500, "exports": 1}, [AlertKind.MASS_EXPORT]),
        ({"exported": 5, "exports": 5}, [AlertKind.MASS_EXPORT]),
        ({"deleted": 49}, []),
        ({"deleted": 50}, [AlertKind.MASS_DELETION]),
        ({"deleted": 50, "failures": 10}, [AlertKind.MANY_FAILURES, AlertKind.MASS_DELETION]),
    ],
)
def test_what_a_user_does_in_an_hour_is_judged_by_number(counts, kinds):
    assert kinds_of(**counts) == kinds


@pytest.mark.parametrize(("failures", "alerts"), [(29, 0), (30, 1)])
def test_what_fails_from_one_address_is_judged_by_number(failures, alerts):
    assert len(of_addresses(("192.0.2.1", failures))) == alerts


def test_the_addresses_of_an_ipv6_network_count_together():
    (alert,) = of_addresses(("2001:db8::1", 15), ("2001:db8::2", 15))

    assert alert.details == {"failures": 30}


def test_unlike_addresses_do_not_count_together():
    assert of_addresses(("192.0.2.1", 29), ("192.0.2.2", 29)) == []


def test_an_address_is_never_in_the_details():
    (alert,) = of_addresses(("192.0.2.1", 30))

    assert alert.address == "192.0.2.1"
    assert "192.0.2.1" not in str(alert.details) + subject_of(alert) + body_of(alert)


@pytest.mark.parametrize(
    ("action", "kind"),
    [("user.signed_in", AlertKind.NEW_DEVICE), ("session.ended", AlertKind.REFRESH_REUSED)],
)
def test_some_events_alone_are_alerts(action, kind):
    row = {
        "chain_id": CHAIN_ID,
        "user_id": USER_ID,
        "subject_id": UUID(int=3),
        "at": MONDAY,
        "action": action,
        "address": None,
    }

    (alert,) = rules.of_events(
        [
            row,
        ]
    )

    assert (alert.kind, alert.user_id, alert.subject) == (kind, USER_ID, str(UUID(int=3)))


def test_events_are_found_for_longer_than_counts():
    assert rules.LOOK_BACK > rules.WINDOW == timedelta(hours=1)


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_has_words(kind):
    alert = rules.Alert(kind, CHAIN_ID, "x", MONDAY, user_id=USER_ID, details={"contacts": 7})

    assert kind.replace("_", " ") in subject_of(alert)
    text = body_of(alert)
    assert f"User: {USER_ID}" in text
    assert "Contacts: 7" in text
    assert "2026-03-02 09:00 UTC" in text


def test_a_broken_trail_is_named_by_chain_and_row():
    alert = rules.of_broken("server", sequence=7, kind="missing", chain_id=CHAIN_ID, now=MONDAY)

    assert "catchup audit verify" in body_of(alert)
    assert alert.details == {"sequence": 7, "flaw": "missing", "chain": "server"}
