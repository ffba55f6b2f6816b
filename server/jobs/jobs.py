"""The server's own upkeep. Each is safe to run twice."""

from saq.types import Context

from server.config import settings
from server.contacts import service_photos as photos
from server.jobs import retention as kept
from server.jobs import service, service_failures
from server.lib.clock import utc_now


async def reconcile(_ctx: Context) -> int:
    """Start what is due and was not started; return the number of jobs queued."""
    return await service.reconcile(now=utc_now())


async def retry_failed_jobs(_ctx: Context) -> int:
    """Put failed jobs that an admin asked for into the queue again; return how many."""
    return await service_failures.retry_asked(now=utc_now())


async def retention(_ctx: Context) -> dict[str, int]:
    """Delete what has been kept long enough; return the number of rows by table."""
    now = utc_now()
    deleted = await kept.apply(settings(), now=now)
    # Last: when the store cannot be used, the rows are gone all the same.
    return deleted | {"photos": await photos.sweep(now=now)}


async def vacuum(_ctx: Context) -> bool:
    """Vacuum and analyse the database; say whether it was done."""
    return await service.vacuum(settings())
