"""Objects by name through obstore: a folder, S3, Google Cloud Storage or Azure (ADR 0013).

Raw bytes only; server/keys/objects.py encrypts them. Whatever goes wrong, the caller gets a
ProviderError: obstore's own errors are OSErrors in part, which mean "database away" elsewhere.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import structlog
from pydantic import SecretStr

from server import config
from server.errors import ProviderError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

FOLDER = "objects"
REQUEST_LIMIT = timedelta(seconds=10)
CONNECT_LIMIT = timedelta(seconds=5)
TRIES_LIMIT = timedelta(seconds=15)
DEFAULT_REGION = "us-east-1"

log = structlog.get_logger()


async def put(name: str, content: bytes) -> None:
    """Store an object; one of the same name is replaced.

    Raises:
        ProviderError: `storage_unavailable`.
    """
    with _translated("put"):
        await _store().put_async(name, content)


async def get(name: str) -> bytes | None:
    """Return an object; None when there is none of this name.

    Raises:
        ProviderError: `storage_unavailable`.
    """
    with _translated("get"):
        try:
            result = await _store().get_async(name)
        except FileNotFoundError:
            return None
        return bytes(await result.bytes_async())


async def delete(names: Sequence[str]) -> None:
    """Delete objects, those that are not there passed over.

    Raises:
        ProviderError: `storage_unavailable`; some may be gone.
    """
    with _translated("delete"):
        for name in names:
            try:
                await _store().delete_async(name)
            except FileNotFoundError:
                continue


async def list_older(prefix: str, *, before: datetime) -> AsyncIterator[list[str]]:
    """Yield the names below `prefix` of objects last written before an instant, in batches.

    Raises:
        ProviderError: `storage_unavailable`.
    """
    with _translated("list"):
        stream = _store().list(prefix, chunk_size=1000)
        async for batch in stream:
            yield [found["path"] for found in batch if found["last_modified"] < before]


def _store() -> "ObjectStore":
    settings = config.settings()
    return _open(
        settings.storage_url or (config.home() / FOLDER).as_uri(),
        settings.storage_endpoint,
        settings.storage_access_key_id,
        settings.storage_secret_access_key,
    )


# A client keeps its connections: one for each process.
@lru_cache(maxsize=1)
def _open(
    url: str, endpoint: str | None, key_id: SecretStr | None, secret: SecretStr | None
) -> "ObjectStore":
    from obstore.store import LocalStore, from_url

    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(url2pathname(parts.path))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder)
    return from_url(
        url,
        config=_remote(parts.scheme, endpoint, key_id, secret),
        client_options={
            "timeout": REQUEST_LIMIT,
            "connect_timeout": CONNECT_LIMIT,
            # A store at home may have no TLS; what goes there is encrypted.
            "allow_http": (endpoint or "").startswith("http:"),
        },
        retry_config={"max_retries": 2, "retry_timeout": TRIES_LIMIT},
    )


def _remote(
    scheme: str, endpoint: str | None, key_id: SecretStr | None, secret: SecretStr | None
) -> Any:
    """Return obstore's configuration; what is not set comes from the provider's own variables."""
    names = {
        "s3": ("access_key_id", "secret_access_key"),
        "az": ("account_name", "account_key"),
        "gs": (None, "service_account_key"),
    }[scheme]
    found: dict[str, Any] = {
        name: value.get_secret_value()
        for name, value in zip(names, (key_id, secret), strict=True)
        if name and value
    }
    if endpoint:
        found["endpoint"] = endpoint
        if scheme == "s3":  # stores at home answer at one address, whatever bucket and region
            found |= {"region": DEFAULT_REGION, "virtual_hosted_style_request": False}
    return found


@contextmanager
def _translated(act: str) -> Iterator[None]:
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        # The class only: the text names hosts and, after a refusal, the provider's whole reply.
        log.warning("storage.failed", act=act, error=type(error).__name__)
        raise ProviderError(
            "The store of photos and recordings cannot be used just now.",
            retryable=True,
            code="storage_unavailable",
        ) from None
