"""How Twilio and SendGrid sign what they call back with. The receivers use the SDKs' validators."""

import base64
import hashlib
import hmac
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TWILIO_HEADER = "X-Twilio-Signature"
SENDGRID_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
SENDGRID_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


def twilio_signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """Sign a form posted to `url`: the URL and each field in order, HMAC-SHA1, base64."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class SendGridKey:
    """A key pair of the event webhook."""

    def __init__(self, pem: bytes | None = None) -> None:
        if pem is None:
            self._key = ec.generate_private_key(ec.SECP256R1())
        else:
            loaded = serialization.load_pem_private_key(pem, None)
            assert isinstance(loaded, ec.EllipticCurvePrivateKey)
            self._key = loaded

    @property
    def public(self) -> str:
        """SENDGRID_WEBHOOK_PUBLIC_KEY: base64 of DER."""
        der = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    @property
    def pem(self) -> bytes:
        """The private key, for another process."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def headers(self, body: bytes, timestamp: str) -> dict[str, str]:
        """Sign the timestamp and the raw body: ECDSA with SHA-256, base64 of DER."""
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            SENDGRID_SIGNATURE: base64.b64encode(signature).decode(),
            SENDGRID_TIMESTAMP: timestamp,
        }
