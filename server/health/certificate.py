"""When the certificate ends that the world sees at PUBLIC_URL."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

LIMIT_S = 3.0
HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was seen: `ends_at`, or in `problem` why not."""

    host: str
    ends_at: datetime | None
    problem: str = ""


async def look(url: str) -> Certificate | None:
    """Shake hands at an https address, as a client would; None of another address.

    From inside of a home network the address may lead elsewhere than from outside.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname is None:
        return None
    host = parts.hostname
    try:
        async with asyncio.timeout(LIMIT_S):
            _, writer = await asyncio.open_connection(
                host, parts.port or HTTPS_PORT, ssl=ssl.create_default_context()
            )
    except ssl.SSLCertVerificationError as error:
        return Certificate(host, None, error.verify_message)
    except (OSError, TimeoutError) as error:
        return Certificate(host, None, type(error).__name__)
    try:
        ends = writer.get_extra_info("peercert")["notAfter"]
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LIMIT_S):
                await writer.wait_closed()
    return Certificate(host, datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC))
