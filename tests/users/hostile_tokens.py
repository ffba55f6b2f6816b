"""Access tokens that nobody may get in with: broken, forged, or signed for something else.

Most are signed with the server's own key, which no attacker has: each is then wrong in the one
thing that its name says, and nothing else stands in its way.
"""

import hashlib
import hmac
import zlib
from typing import Any
from uuid import UUID

from joserfc import jwe, jws
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.users.signing import Honest, b64, twice, without

PUBLIC_PEM = (
    b"-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----"
)
ELSEWHERE = "https://attacker.example/keys.json"


def hostile(honest: Honest) -> dict[str, str]:
    """Return every token, by what is wrong with it."""
    return {
        **_forms(honest),
        **_algorithms(honest),
        **_key_names(honest),
        **_headers(honest),
        **_claims(honest),
        **_times(honest),
        **_payloads(honest),
        **_signatures(honest),
        **_spellings(honest),
    }


def _forms(h: Honest) -> dict[str, str]:
    body, _, signature = h.token.rpartition(".")
    header, _, claims = body.partition(".")
    return {
        "nothing": "",
        "a word": "token",
        "a dot": ".",
        "two parts": "a.b",
        "three empty parts": "..",
        "three words": "a.b.c",
        "four parts": f"{h.token}.a",
        "five parts, as if encrypted": f"{h.token}.a.b",
        "five parts, most of them empty": f"{header}....{signature}",
        "a thousand dots": "." * 1000,
        "a dot more at the end": f"{h.token}.",
        "a dot more at the start": f".{h.token}",
        "dots that are none": h.token.replace(".", "\u2024"),
        "parts in another order": f"{claims}.{header}.{signature}",
        "no header": f".{claims}.{signature}",
        "no payload": f"{header}..{signature}",
        "no signature": f"{body}.",
        "no signature and no dot": body,
        "the token twice": f"{h.token} {h.token}",
        "two tokens by a comma": f"{h.token},{h.token}",
        "JSON": f'{{"protected":"{header}","payload":"{claims}","signature":"{signature}"}}',
    }


def _algorithms(h: Honest) -> dict[str, str]:
    rsa, ec = RSAKey.generate_key(2048), ECKey.generate_key("P-256")
    text = b64(h.claims)
    return {
        "none": f"{b64({**h.header, 'alg': 'none'})}.{text}.",
        "none with a signature": h.head(alg="none"),
        "none in capitals": f"{b64({**h.header, 'alg': 'NONE'})}.{text}.",
        "none in mixed case": f"{b64({**h.header, 'alg': 'nOnE'})}.{text}.",
        "none with a space": f"{b64({**h.header, 'alg': 'none '})}.{text}.",
        "no algorithm": h.signed(without("alg", h.header), h.claims),
        "an empty algorithm": h.head(alg=""),
        "an algorithm of null": h.head(alg=None),
        "a list of algorithms": h.head(alg=["HS256"]),
        "the algorithm in small letters": h.head(alg="hs256"),
        "a stronger HMAC with the right key": h.signed(
            {**h.header, "alg": "HS512"}, h.claims, digest="sha512"
        ),
        "another HMAC with the right key": h.signed(
            {**h.header, "alg": "HS384"}, h.claims, digest="sha384"
        ),
        "RS256 by HMAC": h.head(alg="RS256"),
        "RS256 by HMAC with a public key": h.signed(
            {**h.header, "alg": "RS256"}, h.claims, PUBLIC_PEM
        ),
        "HS256 with a public key": h.signed(h.header, h.claims, PUBLIC_PEM),
        "ES256 by HMAC": h.head(alg="ES256"),
        "EdDSA by HMAC": h.head(alg="EdDSA"),
        "RS256 by a real key": jws.serialize_compact(
            {**h.header, "alg": "RS256"}, h.payload, rsa, algorithms=["RS256"]
        ),
        "ES256 by a real key": jws.serialize_compact(
            {**h.header, "alg": "ES256"}, h.payload, ec, algorithms=["ES256"]
        ),
        "ES256 with a signature of zeros": (
            f"{b64({**h.header, 'alg': 'ES256'})}.{text}.{b64(bytes(64))}"
        ),
        "encrypted with the right key": jwe.encrypt_compact(
            {**h.header, "alg": "dir", "enc": "A256GCM"},
            h.payload,
            OctKey.import_key(hashlib.sha256(h.key).digest()),
        ),
        "encrypted to nobody": f"{b64({'alg': 'dir', 'enc': 'A128GCM'})}..AAAA.AAAA.AAAA",
    }


def _key_names(h: Honest) -> dict[str, str]:
    return {
        "signed with nothing": h.signed(h.header, h.claims, b""),
        "signed with the key's name": h.signed(h.header, h.claims, str(h.kid).encode()),
        "signed with an older key under the new name": h.signed(h.header, h.claims, h.old_key),
        "signed with the new key under an older name": h.head(kid=str(h.old_kid)),
        "no kid": h.signed(without("kid", h.header), h.claims),
        "a kid of null": h.head(kid=None),
        "an empty kid": h.head(kid=""),
        "a kid of no key": h.head(kid=str(UUID(int=99))),
        "a kid that is a path": h.head(kid="../../../../etc/passwd"),
        "an empty file as the key": h.signed({**h.header, "kid": "/dev/null"}, h.claims, b""),
        "a kid that is a statement": h.head(kid="' UNION SELECT 'x' --"),
        "a kid that is a link": h.head(kid=ELSEWHERE),
        "a kid with a null byte": h.head(kid=f"{h.kid}\0"),
        "a kid that is a number": h.head(kid=1),
        "a kid that is true": h.head(kid=True),
        "a kid that is a list": h.head(kid=[str(h.kid)]),
        "a kid that is an object": h.head(kid={"id": str(h.kid)}),
        "a key in the header": h.signed(
            {**h.header, "jwk": {"kty": "oct", "k": b64(b"attacker")}}, h.claims, b"attacker"
        ),
        "only a key in the header": h.signed(
            {**without("kid", h.header), "jwk": {"kty": "oct", "k": b64(b"attacker")}},
            h.claims,
            b"attacker",
        ),
        "a link to a key": h.signed({**h.header, "jku": ELSEWHERE}, h.claims, b"attacker"),
        "a link to a certificate": h.signed({**h.header, "x5u": ELSEWHERE}, h.claims, b"attacker"),
        "a certificate": h.signed({**h.header, "x5c": [b64(b"x")]}, h.claims, b"attacker"),
    }


def _headers(h: Honest) -> dict[str, str]:
    deflated = zlib.compress(h.payload)[2:-4]
    return {
        "an extension that must be understood": h.head(crit=["urn:x"], **{"urn:x": 1}),
        "exp as an extension": h.head(crit=["exp"], exp=h.now + 60),
        "an empty list of extensions": h.head(crit=[]),
        "extensions of null": h.head(crit=None),
        "an unencoded payload": h.head(b64=False, crit=["b64"]),
        "an unencoded payload, not marked": h.head(b64=False),
        "a compressed payload": h.signed({**h.header, "zip": "DEF"}, deflated),
        "marked as compressed": h.head(zip="DEF"),
        "a key beside ours": h.head(jwk={"kty": "oct", "k": b64(h.key)}),
        "a link beside our key": h.head(jku=ELSEWHERE),
        "another type": h.head(typ="JWT"),
        "a type in capitals": h.head(typ="AT+JWT"),
        "a type with its class": h.head(typ="application/at+jwt"),
        "a type of null": h.head(typ=None),
        "no type": h.signed(without("typ", h.header), h.claims),
        "a token inside": h.head(cty="JWT"),
        "a header that is no JSON": h.signed(b"{alg:HS256}", h.claims),
        "a header that is a list": h.signed([], h.claims),
        "a header that is null": h.signed(None, h.claims),
        "a header with two algorithms": h.signed(twice("alg", "none", h.header), h.claims),
        "a header with two kids": h.signed(twice("kid", "x", h.header), h.claims),
        "a header of brackets": f"{b64(b'[' * 2900)}.e30.AA",
    }


def _claims(h: Honest) -> dict[str, str]:
    missing = {f"no {name}": h.signed(h.header, without(name, h.claims)) for name in h.claims}
    null = {f"{name} is null": h.claim(**{name: None}) for name in h.claims}
    other = UUID(int=77)
    return {
        **{name: token for name, token in missing.items() if name != "no aud"},
        **null,
        "another issuer": h.claim(iss="elsewhere"),
        "the issuer in capitals": h.claim(iss="CatchUp"),
        "a list of issuers": h.claim(iss=["catchup"]),
        "for another service": h.claim(aud="elsewhere"),
        "for other services": h.claim(aud=["elsewhere", "nowhere"]),
        "for nobody": h.claim(aud=[]),
        "for a number": h.claim(aud=1),
        "a user who is no id": h.claim(sub="admin"),
        "a user who is a number": h.claim(sub=10),
        "a user who is a list": h.claim(sub=[str(h.user)]),
        "a user of two lines": h.claim(sub=f"{h.user}\n"),
        "a session that is a list": h.claim(sid=[str(h.session)]),
        "a session that is true": h.claim(sid=True),
        "two users": h.signed(h.header, twice("sub", str(other), h.claims)),
        "two times of expiry": h.signed(h.header, twice("exp", h.now - 60, h.claims)),
    }


def _times(h: Honest) -> dict[str, str]:
    infinity, nan = float("inf"), float("nan")
    late = h.now + 3600
    expiries: list[Any] = [True, False, [], {}, str(late), "tomorrow", infinity, -infinity, nan]
    numbers: list[Any] = [h.now, h.now - 1, 0, -1, -(2**63), h.now + 60.5, 1e300, -0.0]
    starts: list[Any] = [late, 2**63, -infinity, nan, str(h.now), True, [], h.now - 0.5]
    earliest: list[Any] = [late, 2**63, infinity, nan, str(h.now), None, True, []]
    return {
        **{f"exp is {value!r}": h.claim(exp=value) for value in (*expiries, *numbers)},
        **{f"iat is {value!r}": h.claim(iat=value) for value in starts},
        **{f"nbf is {value!r}": h.claim(nbf=value) for value in earliest},
        "exp of two thousand digits": h.signed(h.header, b'{"exp":' + b"9" * 2000 + b"}"),
        "exp with an exponent": h.signed(
            h.header, h.payload.replace(str(h.now + 60).encode(), b"9e99")
        ),
    }


def _payloads(h: Honest) -> dict[str, str]:
    return {
        "a payload that is no JSON": h.signed(h.header, b"{"),
        "an empty payload": h.signed(h.header, b""),
        "a payload that is a list": h.signed(h.header, [h.claims]),
        "a payload that is a number": h.signed(h.header, 7),
        "a payload that is null": h.signed(h.header, None),
        "a payload that is text": h.signed(h.header, "x"),
        "a payload that is no UTF-8": h.signed(h.header, b"\xff\xfe"),
        "a payload in UTF-16": h.signed(h.header, h.payload.decode().encode("utf-16")),
        "a payload of brackets": h.signed(h.header, b"[" * 2700),
        "a payload and more": h.signed(h.header, h.payload + b"{}"),
    }


def _signatures(h: Honest) -> dict[str, str]:
    body, _, signature = h.token.rpartition(".")
    header, _, claims = body.partition(".")
    forged = b64({**h.claims, "sub": str(h.session)})
    md5 = hmac.new(h.key, body.encode(), hashlib.md5).digest()
    return {
        "another payload": f"{header}.{forged}.{signature}",
        "another header": f"{b64({**h.header, 'x': 1})}.{claims}.{signature}",
        "a signature cut short": h.token[:-4],
        "a longer signature": f"{h.token}AAAA",
        "a signature of zeros": f"{body}.{b64(bytes(32))}",
        "a signature of one byte": f"{body}.AA",
        "half of the signature": f"{body}.{signature[:21]}",
        "an MD5 signature": f"{body}.{b64(md5)}",
        "a hash without the key": f"{body}.{b64(hashlib.sha256(body.encode()).digest())}",
        "the signature of the payload alone": (
            f"{body}.{b64(hmac.digest(h.key, claims.encode(), 'sha256'))}"
        ),
    }


def _spellings(h: Honest) -> dict[str, str]:
    """Return what a forgiving decoder takes for the good token."""
    body, _, signature = h.token.rpartition(".")
    header, _, claims = body.partition(".")
    spare = chr(ord(signature[-1]) + 1)  # of the last letter two bits say nothing
    return {
        "broken base64 in the header": f"!{h.token}",
        "broken base64 in the payload": f"{header}.@@@@.{signature}",
        "broken base64 in the signature": f"{body}.****",
        "a star in the signature": f"{body}.{signature[:9]}*{signature[9:]}",
        "a header of one letter": f"A.{claims}.{signature}",
        "padding": f"{h.token}=",
        "a lot of padding": f"{h.token}====",
        "another spelling of the signature": f"{body}.{signature[:-1]}{spare}",
        "a line break inside": f"{header}.{claims}\n.{signature}",
        "letters of another script": "ключ.ключ.ключ",
        "full-width letters": "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in h.token),
        "half a character": "\ud800.a.b",
        "null bytes": "\0.\0.\0",
        "a null byte behind it": f"{h.token}\0",
        "too long by one": h.token + "A" * (4097 - len(h.token)),
        "ten megabytes": "A" * 10_000_000,
    }
