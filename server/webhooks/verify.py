"""Whether a webhook comes from whom it says: by the SDKs' own validators, imported when needed.

Signatures are checked against PUBLIC_URL, never against what a request says of its own address.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.datastructures import Authorization, Headers

from server.config import Settings
from server.config_webhooks import split_keys, split_secrets
from server.webhooks.errors import NotConfigured, NotVerified

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

TWILIO_SIGNATURE = "X-Twilio-Signature"
TWILIO_SETTINGS = "X-Twilio-Webhooks-Signature-Settings"
SENDGRID_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
SENDGRID_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
MOST_FIELDS = 200


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form as Twilio sends it: UTF-8, each name once.

    Whatever could be read in two ways is refused: the signature covers what was read.

    Raises:
        NotVerified: it is no such form.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise NotVerified from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise NotVerified
    return fields


def demand_twilio(config: Settings, path: str, fields: Mapping[str, str], headers: Headers) -> None:
    """Let a request pass that Twilio signed for `path` (with its query) below PUBLIC_URL.

    Raises:
        NotConfigured: neither TWILIO_AUTH_TOKEN nor TWILIO_WEBHOOK_SECRET is set.
        NotVerified: no signature, several, or one that does not fit.
    """
    secrets = [
        *split_secrets(config.twilio_auth_token),
        *split_secrets(config.twilio_webhook_secret),
    ]
    if not secrets:
        raise NotConfigured("TWILIO_AUTH_TOKEN")
    from twilio.request_validator import (
        HMAC_SHA1,
        HMAC_SHA256,
        RequestValidator,
        get_signature_algorithm,
    )

    signature = _only(headers, TWILIO_SIGNATURE)
    settings = headers.getlist(TWILIO_SETTINGS)
    if len(settings) > 1:
        raise NotVerified
    algorithm = get_signature_algorithm(settings[0] if settings else None)
    if algorithm not in (HMAC_SHA1, HMAC_SHA256):  # the SDK would log the word, whatever it is
        raise NotVerified
    url = config.base_url + path
    fitting = [
        RequestValidator(secret).validate(url, dict(fields), signature, algorithm)
        for secret in secrets
    ]
    if not any(fitting):
        raise NotVerified


class SendGridSignature:
    """A signature over timestamp and body: ECDSA on P-256 with SHA-256, fed as the body arrives.

    The SDK's `verify_signature` takes the body as text and encodes it again: a mail in another
    charset than UTF-8 would never fit. So its keys are used, and the raw bytes.
    """

    def __init__(self, config: Settings, headers: Headers) -> None:
        """Read the headers; raises NotConfigured or NotVerified before any of the body."""
        keys = split_keys(config.sendgrid_webhook_public_key)
        if not keys:
            raise NotConfigured("SENDGRID_WEBHOOK_PUBLIC_KEY")
        timestamp = _only(headers, SENDGRID_TIMESTAMP)
        # Digits only: nothing of the body can have moved in front of it.
        if not re.fullmatch(r"[0-9]{1,20}", timestamp):
            raise NotVerified
        self._keys = keys
        self._signature = _strict_base64(_only(headers, SENDGRID_SIGNATURE))
        self._hash = hashlib.sha256(timestamp.encode())

    def feed(self, body: bytes) -> None:
        """Take the next piece of the body."""
        self._hash.update(body)

    def demand(self) -> None:
        """Let the whole pass, or raise NotVerified."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
        from cryptography.hazmat.primitives.hashes import SHA256

        digest = self._hash.digest()
        for key in self._keys:
            try:
                _public_key(key).verify(self._signature, digest, ec.ECDSA(Prehashed(SHA256())))
            except InvalidSignature:
                continue
            return
        raise NotVerified


def demand_sendgrid(config: Settings, body: bytes, headers: Headers) -> None:
    """Let a request pass whose body SendGrid signed; raises as `SendGridSignature`."""
    signature = SendGridSignature(config, headers)
    signature.feed(body)
    signature.demand()


def begin_mail(
    config: Settings, headers: Headers, login: Authorization | None
) -> SendGridSignature | None:
    """Return the signature that has to fit an inbound mail; None where a secret let it in already.

    A sender that signs is held to its signature, whatever else it brings.

    Raises:
        NotConfigured: neither way is open. NotVerified: as `SendGridSignature`, or a wrong secret.
    """
    secrets = split_secrets(config.email_inbound_secret)
    is_signed = SENDGRID_SIGNATURE in headers and bool(config.sendgrid_webhook_public_key)
    if is_signed or not secrets:
        return SendGridSignature(config, headers)
    given = [(part or "").encode() for part in (login.username, login.password)] if login else []
    fitting = [hmac.compare_digest(part, secret.encode()) for secret in secrets for part in given]
    if not any(fitting):
        raise NotVerified
    return None


@lru_cache(maxsize=8)
def _public_key(text: str) -> "EllipticCurvePublicKey":
    from sendgrid.helpers.eventwebhook import EventWebhook

    key: EllipticCurvePublicKey = EventWebhook(text).public_key
    return key


def _only(headers: Headers, name: str) -> str:
    """Return a header that stands there once: of two, others may read the other."""
    values = headers.getlist(name)
    if len(values) != 1 or not values[0].isascii():
        raise NotVerified
    return values[0]


def _strict_base64(text: str) -> bytes:
    """Decode what has one spelling only: Python's decoder lets flipped bits pass."""
    try:
        found = base64.b64decode(text, validate=True)
    except ValueError:
        raise NotVerified from None
    if base64.b64encode(found).decode() != text:
        raise NotVerified
    return found
