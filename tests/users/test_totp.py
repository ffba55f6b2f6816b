"""Against the vectors of RFC 4226 (appendix D) and RFC 6238 (appendix B, its last six digits)."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from server.users import totp
from tests.times import MONDAY

SECRET = base64.b32encode(b"12345678901234567890").decode()
STEP = timedelta(seconds=totp.STEP_S)


@pytest.mark.parametrize(
    ("counter", "code"),
    list(enumerate(
        (
            "755224", "287082", "359152", "969429", "338314",
            "254676", "287922", "162583", "399871", "520489",
        )
    )),
)  # fmt: skip
def test_codes_are_those_of_rfc_4226(counter, code):
    assert totp.code_at(SECRET, counter) == code


@pytest.mark.parametrize(
    ("unix_s", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(unix_s, code):
    assert totp.code_at(SECRET, totp.step_at(datetime.fromtimestamp(unix_s, UTC))) == code


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_of_a_step_around_now_fits(steps):
    step = totp.step_at(MONDAY) + steps

    assert totp.matching_step(SECRET, totp.code_at(SECRET, step), now=MONDAY) == step


@pytest.mark.parametrize("steps", [-2, 2])
def test_an_older_or_later_code_does_not(steps):
    code = totp.code_at(SECRET, totp.step_at(MONDAY) + steps)

    assert totp.matching_step(SECRET, code, now=MONDAY) is None


@pytest.mark.parametrize("code", ["", "1", "x" * 6, "1" * 60])
def test_what_is_no_code_fits_nothing(code):
    assert totp.matching_step(SECRET, code, now=MONDAY) is None


def test_no_two_secrets_are_alike_and_each_has_160_bits():
    secrets = {totp.new_secret() for _ in range(50)}

    assert len(secrets) == 50
    assert {len(base64.b32decode(secret)) for secret in secrets} == {20}


def test_the_address_for_apps_says_everything_once():
    uri = urlsplit(totp.otpauth_uri(SECRET, "ana+b&c@example.org"))

    assert (uri.scheme, uri.netloc, uri.path) == (
        "otpauth",
        "totp",
        "/CatchUp:ana%2Bb%26c%40example.org",
    )
    assert parse_qs(uri.query) == {
        "secret": [SECRET],
        "issuer": ["CatchUp"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
