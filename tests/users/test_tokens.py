import base64
import hashlib
import hmac
import json
from datetime import timedelta
from uuid import UUID

import pytest

from server.errors import Unauthorized
from server.keys.server_keys import SigningKeys
from server.users import tokens
from tests.times import MONDAY

KEY, OLD_KEY = bytes(range(32)), bytes(range(32, 64))
KID, OLD_KID = UUID(int=1), UUID(int=2)
KEYS = SigningKeys({KID: KEY, OLD_KID: OLD_KEY}, KID)
USER, SESSION = UUID(int=10), UUID(int=20)
NOW = int(MONDAY.timestamp())

HEADER = {"alg": "HS256", "typ": "at+jwt", "kid": str(KID)}
CLAIMS = {
    "iss": "catchup",
    "sub": str(USER),
    "sid": str(SESSION),
    "iat": NOW,
    "exp": NOW + 60,
}
DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


def b64(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header, claims, key=KEY, digest="sha256"):
    """Sign anything, as an attacker who knows `key` would."""
    body = f"{b64(header)}.{b64(claims)}"
    return f"{body}.{b64(hmac.digest(key, body.encode(), digest))}"


def head(**changes):
    return signed({**HEADER, **changes}, CLAIMS)


def claim(**changes):
    return signed(HEADER, {**CLAIMS, **changes})


def without(name, values):
    return {key: value for key, value in values.items() if key != name}


GOOD = signed(HEADER, CLAIMS)
GOOD_CLAIMS = tokens.Claims(USER, SESSION, NOW + 60)
BODY, _, SIGNATURE = GOOD.rpartition(".")
PUBLIC_PEM = (
    b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----"
)

HOSTILE = {
    "nothing": "",
    "a word": "token",
    "two parts": "a.b",
    "three empty parts": "..",
    "three words": "a.b.c",
    "five parts, as if encrypted": GOOD + ".a.b",
    "no signature": BODY + ".",
    "no signature and no dot": BODY,
    "none": f"{b64({**HEADER, 'alg': 'none'})}.{b64(CLAIMS)}.",
    "none with a signature": head(alg="none"),
    "none in capitals": f"{b64({**HEADER, 'alg': 'NONE'})}.{b64(CLAIMS)}.",
    "none in mixed case": f"{b64({**HEADER, 'alg': 'nOnE'})}.{b64(CLAIMS)}.",
    "no algorithm": signed(without("alg", HEADER), CLAIMS),
    "an empty algorithm": head(alg=""),
    "a list of algorithms": head(alg=["HS256"]),
    "a stronger HMAC with the right key": signed({**HEADER, "alg": "HS512"}, CLAIMS, KEY, "sha512"),
    "another HMAC with the right key": signed({**HEADER, "alg": "HS384"}, CLAIMS, KEY, "sha384"),
    "RS256 by HMAC": head(alg="RS256"),
    "RS256 by HMAC with a public key": signed({**HEADER, "alg": "RS256"}, CLAIMS, PUBLIC_PEM),
    "HS256 with a public key": signed(HEADER, CLAIMS, PUBLIC_PEM),
    "ES256 by HMAC": head(alg="ES256"),
    "signed with nothing": signed(HEADER, CLAIMS, b""),
    "signed with the key's name": signed(HEADER, CLAIMS, str(KID).encode()),
    "signed with an older key under the new name": signed(HEADER, CLAIMS, OLD_KEY),
    "no kid": signed(without("kid", HEADER), CLAIMS),
    "a kid of null": head(kid=None),
    "a kid of no key": head(kid=str(UUID(int=99))),
    "a kid that is a path": head(kid="../../../../etc/passwd"),
    "an empty file as the key": signed({**HEADER, "kid": "/dev/null"}, CLAIMS, b""),
    "a kid that is a statement": head(kid="' UNION SELECT 'x' --"),
    "a kid that is a number": head(kid=1),
    "a kid that is a list": head(kid=[str(KID)]),
    "a kid that is an object": head(kid={"id": str(KID)}),
    "a key in the header": signed(
        {**HEADER, "jwk": {"kty": "oct", "k": b64(b"attacker")}}, CLAIMS, b"attacker"
    ),
    "a link to a key": signed({**HEADER, "jku": "https://attacker.example"}, CLAIMS, b"attacker"),
    "an extension that must be understood": head(crit=["urn:example:x"], **{"urn:example:x": 1}),
    "exp as an extension": head(crit=["exp"], exp=NOW + 60),
    "an empty list of extensions": head(crit=[]),
    "an unencoded payload": head(b64=False, crit=["b64"]),
    "another type": head(typ="JWT"),
    "a type in capitals": head(typ="AT+JWT"),
    "no type": signed(without("typ", HEADER), CLAIMS),
    "another issuer": claim(iss="elsewhere"),
    "no issuer": signed(HEADER, without("iss", CLAIMS)),
    "a list of issuers": claim(iss=["catchup"]),
    "no user": signed(HEADER, without("sub", CLAIMS)),
    "a user who is no id": claim(sub="admin"),
    "a user who is a number": claim(sub=10),
    "a user who is null": claim(sub=None),
    "no session": signed(HEADER, without("sid", CLAIMS)),
    "a session that is a list": claim(sid=[str(SESSION)]),
    "no expiry": signed(HEADER, without("exp", CLAIMS)),
    "an expiry of null": claim(exp=None),
    "an expiry as text": claim(exp=str(NOW + 60)),
    "an expiry with a fraction": claim(exp=NOW + 60.5),
    "an expiry without end": claim(exp=float("inf")),
    "an expiry that is no number": claim(exp=float("nan")),
    "an expiry of yes": claim(exp=True),
    "expired long ago": claim(exp=0),
    "expired before time began": claim(exp=-1),
    "expired a second ago": claim(exp=NOW - 1),
    "expiring this second": claim(exp=NOW),
    "issued in the future": claim(iat=NOW + 31),
    "no time of issue": signed(HEADER, without("iat", CLAIMS)),
    "a time of issue as text": claim(iat=str(NOW)),
    "another payload": f"{b64(HEADER)}.{b64({**CLAIMS, 'sub': str(SESSION)})}.{SIGNATURE}",
    "another header": f"{b64({**HEADER, 'x': 1})}.{b64(CLAIMS)}.{SIGNATURE}",
    "a signature cut short": GOOD[:-4],
    "a longer signature": GOOD + "AAAA",
    "a signature of zeros": f"{BODY}.{b64(bytes(32))}",
    "an MD5 signature": f"{BODY}.{b64(hmac.new(KEY, BODY.encode(), hashlib.md5).digest())}",
    "broken base64 in the header": "!" + GOOD,
    "broken base64 in the payload": f"{b64(HEADER)}.@@@@.{SIGNATURE}",
    "broken base64 in the signature": f"{BODY}.****",
    "a header of one letter": f"A.{b64(CLAIMS)}.{SIGNATURE}",
    "a header that is no JSON": signed(b"{alg:HS256}", CLAIMS),
    "a header that is a list": signed([], CLAIMS),
    "a header that is null": signed(None, CLAIMS),
    "a payload that is no JSON": signed(HEADER, b"{"),
    "a payload that is a list": signed(HEADER, [CLAIMS]),
    "a payload that is a number": signed(HEADER, 7),
    "a payload that is null": signed(HEADER, None),
    "a payload that is no UTF-8": signed(HEADER, b"\xff\xfe"),
    "a header of brackets": f"{b64(b'[' * 2900)}.e30.AA",
    "a payload of brackets": signed(HEADER, b"[" * 2700),
    "a number of a thousand digits": signed(HEADER, b'{"exp":' + b"9" * 2000 + b"}"),
    "letters of another script": "ключ.ключ.ключ",
    "half a character": "\ud800.a.b",
    "null bytes": "\0.\0.\0",
    "too long by one": GOOD + "A" * (4097 - len(GOOD)),
    "ten megabytes": "A" * 10_000_000,
}


@pytest.mark.parametrize("token", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_token_is_refused(token):
    with pytest.raises(Unauthorized) as refused:
        tokens.read_access_token(KEYS, token, now=MONDAY)

    assert refused.value.code in {"token_invalid", "token_expired"}


def test_an_honest_token_says_who_and_which_session():
    assert tokens.read_access_token(KEYS, GOOD, now=MONDAY) == GOOD_CLAIMS


def test_an_expired_token_says_that_it_expired():
    with pytest.raises(Unauthorized) as refused:
        tokens.read_access_token(KEYS, claim(exp=NOW), now=MONDAY)

    assert refused.value.code == "token_expired"


def test_a_token_lives_until_the_second_of_its_expiry():
    claims = tokens.read_access_token(KEYS, GOOD, now=MONDAY + timedelta(seconds=59.999))

    assert claims.user_id == USER


def test_a_server_whose_clock_is_half_a_minute_behind_accepts_a_new_token():
    assert tokens.read_access_token(KEYS, claim(iat=NOW + 30), now=MONDAY).user_id == USER


def test_an_older_key_still_verifies_its_tokens():
    old = signed({**HEADER, "kid": str(OLD_KID)}, CLAIMS, OLD_KEY)

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

    assert payload == CLAIMS


def test_a_token_is_signed_with_the_active_key():
    token, _ = tokens.make_access_token(
        KEYS, user_id=USER, session_id=SESSION, now=MONDAY, life_s=60
    )

    with pytest.raises(Unauthorized):
        tokens.read_access_token(SigningKeys({OLD_KID: OLD_KEY}, OLD_KID), token, now=MONDAY)


def test_refresh_tokens_cannot_be_guessed():
    made = {tokens.new_refresh_token()[0] for _ in range(100)}

    assert len(made) == 100
    assert all(len(token) >= len(tokens.REFRESH_PREFIX) + 43 for token in made)


def test_only_the_hash_of_a_refresh_token_is_stored():
    token, stored = tokens.new_refresh_token()

    assert stored == hashlib.sha256(token.encode()).digest()
