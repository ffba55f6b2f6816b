"""Webhooks as the providers sign them, by keys that only tests know."""

import base64
from collections.abc import Mapping
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.config import settings
from server.webhooks.verify import (
    SENDGRID_SIGNATURE,
    SENDGRID_TIMESTAMP,
    TWILIO_SETTINGS,
    TWILIO_SIGNATURE,
)

TWILIO_SECRET = "a secret that only Twilio and these tests know"
INBOUND_SECRET = "4ac1" * 8
INBOUND_ADDRESS = "reply@in.example.org"
SENDGRID_KEY = ec.derive_private_key(20_260_301, ec.SECP256R1())
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "xYzZY"
TIMESTAMP = "1772388000"


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """Return a key as SendGrid shows it."""
    raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(raw).decode()


SETTINGS = {
    "TWILIO_WEBHOOK_SECRET": TWILIO_SECRET,
    "SENDGRID_WEBHOOK_PUBLIC_KEY": public_text(SENDGRID_KEY),
    "EMAIL_INBOUND_SECRET": INBOUND_SECRET,
    "EMAIL_INBOUND_ADDRESS": INBOUND_ADDRESS,
}


def sms(**fields: str) -> dict[str, str]:
    """Return an inbound SMS as Twilio posts it."""
    return {
        "MessageSid": "SM" + "0" * 32,
        "AccountSid": "AC" + "0" * 32,
        "From": "+4915123456789",
        "To": "+4915199999999",
        "Body": "1 yes",
        "NumMedia": "0",
        "FromCity": "",
        **fields,
    }


def twilio_headers(
    address: str,
    fields: Mapping[str, str],
    *,
    secret: str = TWILIO_SECRET,
    algorithm: str | None = None,
) -> dict[str, str]:
    """Return what Twilio sends with `fields` to `address`, a path with its query."""
    from twilio.request_validator import RequestValidator

    url = settings().base_url + address
    signature = RequestValidator(secret).compute_signature(url, dict(fields), algorithm)
    headers = {"Content-Type": FORM, TWILIO_SIGNATURE: signature}
    if algorithm:
        headers[TWILIO_SETTINGS] = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
    return headers


def form_body(fields: Mapping[str, str]) -> bytes:
    """Return fields as Twilio encodes them."""
    return urlencode(fields).encode()


def sendgrid_headers(
    body: bytes,
    *,
    key: ec.EllipticCurvePrivateKey = SENDGRID_KEY,
    timestamp: str = TIMESTAMP,
    content_type: str = "application/json",
) -> dict[str, str]:
    """Return what SendGrid sends with a body."""
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "Content-Type": content_type,
        SENDGRID_SIGNATURE: base64.b64encode(signature).decode(),
        SENDGRID_TIMESTAMP: timestamp,
    }


MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def multipart(fields: Mapping[str, bytes | str]) -> bytes:
    """Return a form as Inbound Parse posts it."""
    parts = []
    for name, value in fields.items():
        raw = value if isinstance(value, bytes) else value.encode()
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts.append(head.encode() + raw + b"\r\n")
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def mail(sender: str, **fields: bytes | str) -> dict[str, bytes | str]:
    """Return a mail's fields, authentic as it stands."""
    domain = sender.rpartition("@")[2]
    return {
        "headers": f"Message-ID: <1@{domain}>\nFrom: Ana <{sender}>\nSubject: Re: hello\n",
        "dkim": f"{{@{domain} : pass}}",
        "to": INBOUND_ADDRESS,
        "from": f"Ana <{sender}>",
        "text": "1 yes",
        "envelope": f'{{"to":["{INBOUND_ADDRESS}"],"from":"{sender}"}}',
        "charsets": '{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"UTF-8"}',
        "subject": "Re: hello",
        "SPF": "pass",
        **fields,
    }


def by_secret(secret: str = INBOUND_SECRET) -> dict[str, str]:
    """Return what a client sends that is given https://SECRET@…."""
    login = base64.b64encode(f"{secret}:".encode()).decode()
    return {"Content-Type": MULTIPART, "Authorization": f"Basic {login}"}


# What tests send that walk through every operation: nobody's, so that nothing is stored.
SAMPLES = {
    FORM: form_body(sms(From="+15005550006")),
    "application/json": b"[]",
    "multipart/form-data": multipart(mail("nobody@nowhere.example")),
}


def headers_for(address: str, content_type: str) -> dict[str, str]:
    """Return what signs the sample of a content type."""
    if content_type == FORM:
        return twilio_headers(address, sms(From="+15005550006"))
    kind = MULTIPART if content_type == "multipart/form-data" else content_type
    return sendgrid_headers(SAMPLES[content_type], content_type=kind)
