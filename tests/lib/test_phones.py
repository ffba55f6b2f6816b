import subprocess
import sys

import pytest

from server.lib.phones import is_valid_e164, region_of_zone, to_e164


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("(201) 555-0123", "US", "+12015550123"),
        ("201.555.0123", "US", "+12015550123"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("030 123456", "DE", "+4930123456"),
        ("02 1234 5678", "IT", "+390212345678"),
        ("０３-１２３４-５６７８", "JP", "+81312345678"),
        ("+44 20 7946 0018", None, "+442079460018"),
        ("+44 (0)20 7946 0018", "DE", "+442079460018"),
        ("tel:+1-201-555-0123", None, "+12015550123"),
        ("00 44 20 7946 0018", "DE", "+442079460018"),
        ("(201) 555-0123 ext. 9", "US", "+12015550123"),
    ],
)
def test_numbers_are_read_as_they_are_dialled(text: str, region: str | None, e164: str):
    assert to_e164(text, region) == e164


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("020 7946 0018", None),
        ("020 7946 0018", "XX"),
        ("020 7946 0018", "nonsense"),
        ("+44 20 7946", None),
        ("123", "US"),
        ("", "US"),
        ("no number", "US"),
        ("+", None),
        ("\0", "GB"),
        ("\ud800", "GB"),
        ("9" * 10_000, "US"),
        ("+999 123456789", None),
    ],
)
def test_what_is_no_valid_number_is_none(text: str, region: str | None):
    assert to_e164(text, region) is None


def test_a_valid_number_in_e164_is_valid():
    assert is_valid_e164("+442079460018")


@pytest.mark.parametrize(
    "text",
    [
        "+44207946001",
        "442079460018",
        "+44 20 7946 0018",
        "+44(0)2079460018",
        "+442079460018\n",
        "+٤٤2079460018",
        "+0442079460018",
        "",
    ],
)
def test_any_other_spelling_is_not_valid_e164(text: str):
    assert not is_valid_e164(text)


@pytest.mark.parametrize(
    ("zone", "region"),
    [
        ("Europe/Berlin", "DE"),
        ("America/New_York", "US"),
        ("Europe/Jersey", "JE"),
        ("Asia/Calcutta", "IN"),
        ("Europe/Kiev", "UA"),
        ("US/Eastern", "US"),
    ],
)
def test_a_zone_has_the_region_of_its_country(zone: str, region: str):
    assert region_of_zone(zone) == region


@pytest.mark.parametrize("zone", ["UTC", "Etc/GMT+5", "EST", "Iceland", "nonsense", ""])
def test_a_zone_of_no_or_several_countries_has_no_region(zone: str):
    assert region_of_zone(zone) is None


def test_an_idle_server_does_not_hold_the_phone_tables():
    program = "import sys, server.lib.phones; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
