import base64
import hmac

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sendgrid.helpers.eventwebhook import EventWebhook
from werkzeug.datastructures import Headers

from server.config import Settings
from server.webhooks import verify
from server.webhooks.errors import NotVerified
from tests.webhooks import signing

TOKEN = "0123456789abcdef0123456789abcdef"
PATH = "/api/webhooks/sms/status?message=1&mac=2"


@pytest.fixture
def config():
    return Settings(
        public_url="https://catchup.example.org/",
        twilio_webhook_secret=TOKEN,
        sendgrid_webhook_public_key=signing.public_text(signing.SENDGRID_KEY),
    )


def by_hand(url, fields, digest="sha1"):
    """Sign as Twilio's documentation has it, without its SDK."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    return base64.b64encode(hmac.digest(TOKEN.encode(), text.encode(), digest)).decode()


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize(
    "origin", ["https://catchup.example.org", "https://catchup.example.org:443"]
)
def test_twilios_documented_signature_passes(config, digest, origin):
    fields = {"To": "+18005551212", "Body": "1 ja & nö", "FromCity": ""}
    headers = Headers({verify.TWILIO_SIGNATURE: by_hand(origin + PATH, fields, digest)})
    headers[verify.TWILIO_SETTINGS] = f"key=x,algorithm=HMAC_{digest.upper()}"

    verify.demand_twilio(config, PATH, fields, headers)


@pytest.mark.parametrize(
    "settings",
    [
        ["algorithm=NONE"],
        ["algorithm=HMAC_SHA256"],
        ["algorithm=HMAC_SHA1"] * 2,
        ["algorithm=\x00"],
    ],
)
def test_another_algorithm_than_the_signatures_is_refused(config, settings):
    headers = Headers(
        [(verify.TWILIO_SIGNATURE, by_hand("https://catchup.example.org" + PATH, {}))]
    )
    for value in settings:
        headers.add(verify.TWILIO_SETTINGS, value)

    with pytest.raises(NotVerified):
        verify.demand_twilio(config, PATH, {}, headers)


@pytest.mark.parametrize(
    "body",
    [b"a=1&a=1", b"a=1&b", b"a=%ff", "a=ü".encode(), b"a=1&a=2", b"&".join([b"a=1"] * 300), b"a"],
)
def test_a_form_that_can_be_read_in_two_ways_is_refused(body):
    with pytest.raises(NotVerified):
        verify.read_form(body)


def test_a_form_is_read_as_twilio_writes_it():
    body = b"Body=1+ja+%26+n%C3%B6%3D&From=%2B15005550006&FromCity="

    assert verify.read_form(body) == {"Body": "1 ja & nö=", "From": "+15005550006", "FromCity": ""}


@pytest.mark.parametrize("body", [b"[]", '[{"event":"ü"}]'.encode(), b"", b"\r\n"])
def test_our_verdict_on_text_is_that_of_sendgrids_sdk(config, body):
    headers = Headers(signing.sendgrid_headers(body))
    signature = headers[verify.SENDGRID_SIGNATURE]
    theirs = EventWebhook(config.sendgrid_webhook_public_key)

    assert theirs.verify_signature(body.decode(), signature, signing.TIMESTAMP)
    verify.demand_sendgrid(config, body, headers)
    assert not theirs.verify_signature(body.decode() + " ", signature, signing.TIMESTAMP)
    with pytest.raises(NotVerified):
        verify.demand_sendgrid(config, body + b" ", headers)


def test_bytes_that_are_no_text_are_verified_as_they_came(config):
    body = b"--x\r\n\xe7a va \xff"

    verify.demand_sendgrid(config, body, Headers(signing.sendgrid_headers(body)))


def test_a_signature_has_one_spelling(config):
    body, key = b"[]", signing.SENDGRID_KEY
    # One whose base64 ends in bits that mean nothing.
    raw = next(
        made
        for made in iter(lambda: key.sign(b"1" + body, ec.ECDSA(hashes.SHA256())), None)
        if len(made) % 3
    )
    good = base64.b64encode(raw).decode()
    last = good.rstrip("=")[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    flipped = good.rstrip("=")[:-1] + alphabet[alphabet.index(last) ^ 1]
    flipped += "=" * (len(good) - len(good.rstrip("=")))
    assert base64.b64decode(flipped) == raw

    for text in (flipped, f" {good}", good[:10] + "!" + good[10:], good.rstrip("=")):
        headers = Headers({verify.SENDGRID_TIMESTAMP: "1", verify.SENDGRID_SIGNATURE: text})
        with pytest.raises(NotVerified):
            verify.demand_sendgrid(config, body, headers)


def test_only_digits_are_a_timestamp(config):
    for timestamp in ("", "1.5", "9[", "-1", "1" * 21, "٣"):
        signed = signing.sendgrid_headers(b"[]", timestamp=timestamp)

        with pytest.raises(NotVerified):
            verify.demand_sendgrid(config, b"[]", Headers(signed))
