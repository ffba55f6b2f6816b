"""The SDK's asynchronous HTTP client, with a limit of time and an address of our choice."""

import asyncio
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from server.integrations import calls
from server.integrations.calls import Reply

if TYPE_CHECKING:
    from twilio.http.async_http_client import AsyncTwilioHttpClient
    from twilio.http.response import Response

LIMIT_S = 15.0
"""For one request with its reply. The SDK's own limit is no limit: it is not passed on."""


class Http:
    """What the SDK's Client talks through: it wants `is_async` and `request`, no base class."""

    is_async = True

    def __init__(self, base_url: str | None) -> None:
        self._base_url = base_url.rstrip("/") if base_url else None
        self._client: AsyncTwilioHttpClient | None = None

    async def request(self, method: str, url: str, **given: Any) -> "Response":
        """Make a request as the SDK asks for it.

        Raises:
            aiohttp.ClientError, TimeoutError, OSError: no reply came.
        """
        given["timeout"] = given.get("timeout") or LIMIT_S
        reply = await self._connected().request(method, self._moved(url), **given)
        calls.answered(Reply(reply.status_code, reply.text, dict(reply.headers or {})))
        return reply

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
            await asyncio.sleep(0)  # lets transports say goodbye

    def _connected(self) -> "AsyncTwilioHttpClient":
        if self._client is None:
            import aiohttp
            from twilio.http.async_http_client import AsyncTwilioHttpClient

            # It would log whom a message goes to.
            logging.getLogger("twilio").setLevel(logging.WARNING)
            watch = aiohttp.TraceConfig()
            watch.on_request_headers_sent.append(_has_begun)
            self._client = AsyncTwilioHttpClient(trace_configs=[watch])
        return self._client

    def _moved(self, url: str) -> str:
        """Replace scheme and host by TWILIO_BASE_URL: the paths of Twilio's hosts all differ."""
        if self._base_url is None:
            return url
        parts = urlsplit(url)
        return f"{self._base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")


async def _has_begun(*_: object) -> None:
    calls.begin()
