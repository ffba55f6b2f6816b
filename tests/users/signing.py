"""What a good access token is made of, and how to sign anything else in its place."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class Honest:
    """What a good token is made of: the server's key, an older one, whose session, from when."""

    key: bytes
    kid: UUID
    old_key: bytes
    old_kid: UUID
    user: UUID
    session: UUID
    now: int

    @property
    def header(self) -> dict[str, Any]:
        return {"alg": "HS256", "typ": "at+jwt", "kid": str(self.kid)}

    @property
    def claims(self) -> dict[str, Any]:
        return {
            "iss": "catchup",
            "aud": "catchup",
            "sub": str(self.user),
            "sid": str(self.session),
            "iat": self.now,
            "exp": self.now + 60,
        }

    @property
    def payload(self) -> bytes:
        return json.dumps(self.claims).encode()

    @property
    def token(self) -> str:
        return self.signed(self.header, self.claims)

    def signed(
        self, header: Any, claims: Any, key: bytes | None = None, digest: str = "sha256"
    ) -> str:
        """Sign anything, as somebody who has `key` would."""
        body = f"{b64(header)}.{b64(claims)}"
        secret = self.key if key is None else key
        return f"{body}.{b64(hmac.digest(secret, body.encode(), digest))}"

    def head(self, **changes: Any) -> str:
        return self.signed({**self.header, **changes}, self.claims)

    def claim(self, **changes: Any) -> str:
        return self.signed(self.header, {**self.claims, **changes})


def b64(data: Any) -> str:
    """Encode bytes, or a value as JSON, as JWTs do."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def without(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def twice(name: str, first: Any, values: Mapping[str, Any]) -> bytes:
    """Return JSON that says `name` twice: readers that keep the first see another value."""
    whole = json.dumps(values)
    return f"{{{json.dumps(name)}: {json.dumps(first)}, {whole[1:]}".encode()
