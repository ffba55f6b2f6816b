"""AES-256-GCM envelopes: what a ciphertext looks like and what it is bound to.

    version (1 byte) | algorithm (1 byte) | key id (16 bytes) | nonce (12 bytes) | ciphertext + tag

The additional data names household, table, column, row and key, so a value moved to another
row, column or household does not open. Source: NIST SP 800-38D; random 96-bit nonces are safe
for 2^32 values a key, which rotation keeps us far below.
"""

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = 1
AES_256_GCM = 1
KEY_BYTES = 32
NONCE_BYTES = 12
_HEAD_BYTES = 2 + 16
_SHORTEST = _HEAD_BYTES + NONCE_BYTES + 16


class DecryptError(Exception):
    """A ciphertext is damaged, moved, or of another key; carries no data."""


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, key_id: UUID, plaintext: bytes, bound_to: bytes) -> bytes:
    """Encrypt `plaintext`, bound to `bound_to` and the key id."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    head = bytes((VERSION, AES_256_GCM)) + key_id.bytes
    return head + nonce + AESGCM(key).encrypt(nonce, plaintext, head + bound_to)


def unseal(key: bytes, blob: bytes, bound_to: bytes) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        DecryptError: wrong key, wrong place, or damaged.
    """
    key_id_of(blob)  # refuses what is too short to hold a nonce
    head, nonce = blob[:_HEAD_BYTES], blob[_HEAD_BYTES : _HEAD_BYTES + NONCE_BYTES]
    try:
        return AESGCM(key).decrypt(nonce, blob[_HEAD_BYTES + NONCE_BYTES :], head + bound_to)
    except InvalidTag:
        raise DecryptError("the value does not open with this key in this place") from None


def key_id_of(blob: bytes) -> UUID:
    """Return the id of the key that sealed `blob`.

    Raises:
        DecryptError: it is not one of our envelopes.
    """
    if len(blob) < _SHORTEST or blob[0] != VERSION or blob[1] != AES_256_GCM:
        raise DecryptError("not an envelope of a known version and algorithm")
    return UUID(bytes=blob[2:_HEAD_BYTES])


def place(household_id: UUID | None, table: str, column: str, row_id: UUID) -> bytes:
    """Name the place a value belongs to."""
    household = household_id.bytes if household_id else b""
    return b"|".join((household, table.encode(), column.encode(), row_id.bytes))
