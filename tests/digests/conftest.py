import pytest

from server.digests import service
from tests.digests.people import SATURDAY


@pytest.fixture
async def scheduled(member):
    """A member whose digest is due on SUNDAY."""
    await service.keep_schedules(now=SATURDAY)
    return member
