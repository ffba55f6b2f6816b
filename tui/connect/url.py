"""From a desktop: e-mail, password and second factor. Tokens live in this process only."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tui.connect.access import Ask, Lease, Question
from tui.errors import ConnectFailed, Unreachable

if TYPE_CHECKING:
    import httpx2

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_CODE = Question("Code of the authenticator app, or a recovery code", is_secret=False)
LIMIT_S = 15


class UrlAccess:
    """A server by its public address.

    Raises:
        ConnectFailed: the address is not https (but for this machine itself).
    """

    kind = "url"

    def __init__(
        self,
        url: str,
        *,
        name: str | None = None,
        email: str | None = None,
        transport: "httpx2.AsyncBaseTransport | None" = None,
    ) -> None:
        parts = urlsplit(url)
        if not parts.hostname or parts.scheme not in {"http", "https"}:
            raise ConnectFailed(f"{url} is no address.", "Say https://catchup.example.org")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ConnectFailed(
                "A password does not go over plain http.", "Use the https address, or --ssh."
            )
        self.url = url.rstrip("/")
        self.name = name or parts.hostname
        self._email = email
        self._transport = transport
        self._refresh_token: str | None = None
        self._has_mfa = False

    async def open(self, ask: Ask) -> Lease:
        """Sign in. Raises ConnectFailed."""
        questions = [Question("Password")]
        if self._email is None:
            questions.insert(0, Question("E-mail", is_secret=False))
        answers = await ask(f"Sign in at {self.name}", questions)
        if answers is None:
            raise ConnectFailed("Not signed in.", "Ctrl+L signs in.", "not_signed_in")
        email = self._email or answers[0]
        reply = await self._post("/api/auth/login", {"email": email, "password": answers[-1]})
        if "challenge" in reply:
            self._has_mfa = True
            reply = await self._with_code(reply["challenge"], ask)
        self._email = email
        return self._lease(reply)

    async def renew(self, lease: Lease, ask: Ask) -> Lease:
        """Trade the refresh token; where it is worth nothing any more, sign in again."""
        if self._refresh_token is not None:
            token, self._refresh_token = self._refresh_token, None
            try:
                reply = await self._post("/api/auth/refresh", {"refresh_token": token})
            except ConnectFailed as error:
                if error.status != 401:
                    self._refresh_token = token
                    raise
            else:
                return self._lease(reply, elevated_until=lease.elevated_until)
        return await self.open(ask)

    async def elevate(self, lease: Lease, ask: Ask) -> Lease | None:
        """Prove again who one is, for ten minutes."""
        question = _CODE if self._has_mfa else Question("Password")
        answers = await ask("Prove that it is you, to act for ten minutes", [question])
        if answers is None:
            return None
        body = {"code" if self._has_mfa else "password": answers[0]}
        reply = await self._post("/api/auth/mfa/step-up", body, token=lease.token)
        until = datetime.fromisoformat(reply["proven_until"])
        return Lease(lease.url, lease.token, lease.expires_at, lease.user, until)

    async def mend(self) -> None:
        """Nothing of ours can break."""

    def explained(self, lost: Unreachable) -> Unreachable:
        """Nothing of ours is between here and the server."""
        return lost

    async def close(self) -> None:
        """Forget the token."""
        self._refresh_token = None

    async def _with_code(self, challenge: str, ask: Ask) -> dict[str, Any]:
        answers = await ask(f"Sign in at {self.name}", [_CODE])
        if answers is None:
            raise ConnectFailed("Not signed in.", "Ctrl+L signs in.", "not_signed_in")
        body = {"challenge": challenge, "code": answers[0].strip()}
        return await self._post("/api/auth/mfa/verify", body)

    def _lease(self, reply: Mapping[str, Any], *, elevated_until: datetime | None = None) -> Lease:
        self._refresh_token = reply["refresh_token"]
        ends = datetime.fromisoformat(reply["expires_at"])
        return Lease(self.url, reply["token"], ends, reply["user"]["email"], elevated_until)

    async def _post(
        self, path: str, body: Mapping[str, str], *, token: str | None = None
    ) -> dict[str, Any]:
        import httpx2

        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with httpx2.AsyncClient(
                base_url=self.url, transport=self._transport, timeout=LIMIT_S, trust_env=False
            ) as http:
                reply = await http.post(path, json=dict(body), headers=headers)
            told = reply.json() if reply.content else {}
        except (httpx2.HTTPError, OSError, ValueError) as error:
            raise ConnectFailed(
                f"{self.name} gave no answer ({type(error).__name__}).",
                "Is the server running, and does its name lead here?",
                "unreachable",
            ) from None
        if reply.status_code >= 400 or not isinstance(told, dict):
            detail = told.get("detail") if isinstance(told, dict) else None
            raise ConnectFailed(
                str(detail or "The server did not take that."),
                "Ctrl+L tries again.",
                str(told.get("code", "")) if isinstance(told, dict) else "",
                reply.status_code,
            )
        return told
