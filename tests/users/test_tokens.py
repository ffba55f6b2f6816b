import base64
import json
from datetime import timedelta
from uuid import UUID

import pytest

from server.errors import Unauthorized
from server.keys.server_keys import SigningKeys
from server.users import tokens
from tests.times import MONDAY
from tests.users.hostile_tokens import hostile
from tests.users.signing import Honest, without

KEY, OLD_KEY = bytes(range(32)), bytes(range(32, 64))
KID, OLD_KID = UUID(int=1), UUID(int=2)
KEYS = SigningKeys({KID: KEY, OLD_KID: OLD_KEY}, KID)
USER, SESSION = UUID(int=10), UUID(int=20)
NOW = int(MONDAY.timestamp())

HONEST = Honest(KEY, KID, OLD_KEY, OLD_KID, USER, SESSION, NOW)
HOSTILE = hostile(HONEST)
GOOD_CLAIMS = tokens.Claims(USER, SESSION, NOW + 60)


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_token_is_refused(token):
    with pytest.raises(Unauthorized) as refused:
        tokens.read_access_token(KEYS, token, now=MONDAY)

    assert refused.value.code in {"token_invalid", "token_expired"}


def test_an_honest_token_says_who_and_which_session():
    assert tokens.read_access_token(KEYS, HONEST.token, now=MONDAY) == GOOD_CLAIMS


def test_an_expired_token_says_that_it_expired():
    with pytest.raises(Unauthorized) as refused:
        tokens.read_access_token(KEYS, HONEST.claim(exp=NOW), now=MONDAY)

    assert refused.value.code == "token_expired"


def test_a_token_lives_until_the_second_of_its_expiry():
    claims = tokens.read_access_token(KEYS, HONEST.token, now=MONDAY + timedelta(seconds=59.999))

    assert claims.user_id == USER


def test_a_server_whose_clock_is_half_a_minute_behind_accepts_a_new_token():
    assert tokens.read_access_token(KEYS, HONEST.claim(iat=NOW + 30), now=MONDAY).user_id == USER


def test_a_token_from_before_there_was_an_audience_is_good_until_it_expires():
    older = HONEST.signed(HONEST.header, without("aud", HONEST.claims))

    assert tokens.read_access_token(KEYS, older, now=MONDAY) == GOOD_CLAIMS


def test_a_token_that_has_begun_is_good():
    assert tokens.read_access_token(KEYS, HONEST.claim(nbf=NOW + 30), now=MONDAY) == GOOD_CLAIMS


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_a_token_from_further_ahead_than_clocks_differ_is_refused(name):
    with pytest.raises(Unauthorized):
        tokens.read_access_token(KEYS, HONEST.claim(**{name: NOW + 31}), now=MONDAY)


def test_an_older_key_still_verifies_its_tokens():
    old = HONEST.signed({**HONEST.header, "kid": str(OLD_KID)}, HONEST.claims, OLD_KEY)

    assert tokens.read_access_token(KEYS, old, now=MONDAY).user_id == USER


def test_a_made_token_is_read_again():
    token, expires_at = tokens.make_access_token(
        KEYS, user_id=USER, session_id=SESSION, now=MONDAY, life_s=60
    )

    assert tokens.read_access_token(KEYS, token, now=MONDAY) == GOOD_CLAIMS
    assert expires_at == MONDAY + timedelta(seconds=60)


def test_a_token_carries_nothing_but_ids_and_times():
    token, _ = tokens.make_access_token(
        KEYS, user_id=USER, session_id=SESSION, now=MONDAY, life_s=60
    )
    payload = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))

    assert payload == HONEST.claims


def test_a_token_is_signed_with_the_active_key():
    token, _ = tokens.make_access_token(
        KEYS, user_id=USER, session_id=SESSION, now=MONDAY, life_s=60
    )

    with pytest.raises(Unauthorized):
        tokens.read_access_token(SigningKeys({OLD_KID: OLD_KEY}, OLD_KID), token, now=MONDAY)
