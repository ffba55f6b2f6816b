"""Requests that nobody but a forger would send: each near to one that is signed."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric import ec
from quart.typing import TestClientProtocol
from werkzeug.datastructures import Headers

from server.webhooks.verify import (
    SENDGRID_SIGNATURE,
    SENDGRID_TIMESTAMP,
    TWILIO_SETTINGS,
    TWILIO_SIGNATURE,
)
from tests.webhooks import signing

# What a proxy, or somebody who plays one, adds: none of it may move the address that is signed.
PROXIES = (
    {"X-Forwarded-Host": "evil.example"},
    {"X-Forwarded-Proto": "ftp", "X-Forwarded-Port": "1"},
    {"Forwarded": "for=1.2.3.4;host=evil.example;proto=https"},
    {"X-Original-URL": "/api/webhooks/sms", "X-Rewrite-URL": "/x"},
    {"Host": "evil.example"},
)


@dataclass(frozen=True)
class Sent:
    """One request, as it goes over the line."""

    address: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    async def post(self, client: TestClientProtocol) -> int:
        """Send it; return the status."""
        reply = await client.post(self.address, headers=Headers(list(self.headers)), data=self.body)
        return reply.status_code


def forged(genuine: Sent, names: tuple[str, ...], dice: random.Random) -> Iterator[Sent]:
    """Yield forgeries of a signed request without end; `names` are the headers that sign it."""
    ways: tuple[Callable[[], Sent | None], ...] = (
        lambda: _body_flipped(genuine, dice),
        lambda: _body_flipped(genuine, dice),
        lambda: _header_flipped(genuine, dice.choice(names), dice),
        lambda: _header_flipped(genuine, dice.choice(names), dice),
        lambda: _other_key(genuine, dice),
        lambda: _elsewhere(genuine, dice),
        lambda: _stripped(genuine, dice.choice(names), dice),
        lambda: _doubled(genuine, dice.choice(names), dice),
        lambda: _body_extended(genuine, dice),
    )
    while True:
        made = dice.choice(ways)()
        if made is not None:
            yield made


def _with_headers(
    sent: Sent, headers: Sequence[tuple[str, str]], body: bytes | None = None
) -> Sent:
    return Sent(sent.address, headers, sent.body if body is None else body)


def _flip(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << dice.randrange(8))]) + raw[at + 1 :]


def _body_flipped(sent: Sent, dice: random.Random) -> Sent | None:
    body = _flip(sent.body, dice)
    if _is_form(sent) and _same_fields(body, sent.body):
        return None  # %2B and %2b say the same: nothing is forged
    return _with_headers(sent, sent.headers, body)


def _is_form(sent: Sent) -> bool:
    return dict(sent.headers)["Content-Type"] == signing.FORM


def _same_fields(one: bytes, other: bytes) -> bool:
    try:
        texts = [parse_qsl(raw.decode(), keep_blank_values=True) for raw in (one, other)]
    except ValueError:
        return False
    return texts[0] == texts[1]


def _header_flipped(sent: Sent, name: str, dice: random.Random) -> Sent | None:
    value = dict(sent.headers).get(name, "").encode()
    flipped = _flip(value, dice) if value else b""
    text = flipped.decode("latin-1")
    # What HTTP cannot carry, or drops, never comes here.
    if not text.isprintable() or text != text.strip() or text.encode("latin-1") == value:
        return None
    return _with_headers(sent, [(n, text if n == name else v) for n, v in sent.headers])


def _other_key(sent: Sent, dice: random.Random) -> Sent:
    if _is_form(sent):
        fields = dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
        secret = dice.choice(["", "x", signing.TWILIO_SECRET[:-1], signing.TWILIO_SECRET + " "])
        algorithm = dice.choice([None, "HMAC_SHA256"])
        headers = signing.twilio_headers(sent.address, fields, secret=secret, algorithm=algorithm)
    else:
        key = ec.derive_private_key(dice.randrange(1, 2**200), ec.SECP256R1())
        kind = dict(sent.headers)["Content-Type"]
        headers = signing.sendgrid_headers(sent.body, key=key, content_type=kind)
    return _with_headers(sent, list(headers.items()))


def _elsewhere(sent: Sent, dice: random.Random) -> Sent:
    """Signed for another address, or over another time."""
    if not _is_form(sent):
        moved = dict(sent.headers) | {SENDGRID_TIMESTAMP: str(dice.randrange(10**9, 2 * 10**9))}
        return _with_headers(sent, list(moved.items()))
    fields = dict(parse_qsl(sent.body.decode(), keep_blank_values=True))
    wrong = dice.choice(["/", "?x=1", "#x", "/../sms", "/status", "&mac=0"])
    headers = signing.twilio_headers(sent.address + wrong, fields)
    spoofed = dice.choice(PROXIES)
    return _with_headers(sent, [*headers.items(), *spoofed.items()])


def _stripped(sent: Sent, name: str, dice: random.Random) -> Sent | None:
    left = [(n, v) for n, v in sent.headers if n != name]
    if name == TWILIO_SETTINGS or len(left) == len(sent.headers):
        return None  # by the former algorithm: refused or not as that has it
    return _with_headers(sent, [*left, *dice.choice(PROXIES).items()])


def _doubled(sent: Sent, name: str, dice: random.Random) -> Sent:
    value = dict(sent.headers).get(name, "x")
    more = [(name, dice.choice([value, value[::-1], "x"]))]
    return _with_headers(sent, dice.choice([[*sent.headers, *more], [*more, *sent.headers]]))


def _body_extended(sent: Sent, dice: random.Random) -> Sent:
    more = dice.choice([b"&Body=no", b"&From=%2B15005550006", b"&x=", b"\n", b" ", b"\x00"])
    return _with_headers(sent, sent.headers, dice.choice([sent.body + more, sent.body[:-1]]))


def genuine_sms(address: str, fields: dict[str, str], algorithm: str | None = None) -> Sent:
    """Return a signed SMS or status."""
    headers = signing.twilio_headers(address, fields, algorithm=algorithm)
    return Sent(address, list(headers.items()), signing.form_body(fields))


def genuine_json(address: str, body: bytes, content_type: str = "application/json") -> Sent:
    """Return a signed batch or mail."""
    headers = signing.sendgrid_headers(body, content_type=content_type)
    return Sent(address, list(headers.items()), body)


TWILIO_NAMES = (TWILIO_SIGNATURE,)
SENDGRID_NAMES = (SENDGRID_SIGNATURE, SENDGRID_TIMESTAMP)
