"""Named places at which a test may kill this process: each durable step, before and after.

Nothing happens at any of them unless CATCHUP_TEST_FAILPOINT names one (`data.batch.committed`);
only tests set it. The process then dies as by `kill -9`: nothing is closed, flushed or undone.
"""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import StrEnum
from itertools import product

from server.db import transaction

VARIABLE = "CATCHUP_TEST_FAILPOINT"
MOMENTS = ("uncommitted", "committed")


class Step(StrEnum):
    """A durable step: what it does is done whole or not at all."""

    DATA_BEGIN = "data.begin"
    DATA_ACTIVATE = "data.activate"
    DATA_BATCH = "data.batch"
    DATA_ROUND = "data.round"
    DATA_HORIZON = "data.horizon"
    DATA_RETIRE = "data.retire"
    INDEX_BEGIN = "index.begin"
    INDEX_BATCH = "index.batch"
    INDEX_ROUND = "index.round"
    INDEX_HORIZON = "index.horizon"
    INDEX_ACTIVATE = "index.activate"
    INDEX_RETIRE = "index.retire"
    JWT_BEGIN = "jwt.begin"
    JWT_ACTIVATE = "jwt.activate"
    JWT_REVOKE = "jwt.revoke"
    AUDIT_ROTATE = "audit.rotate"
    MAC_ROTATE = "mac.rotate"
    EVENTS_STORE = "events.store"
    INBOX_STORE = "inbox.store"
    REPLY_HANDLE = "reply.handle"
    PHONE_VERIFY = "phone.verify"
    MASTER_FILE = "master.file"
    MASTER_NEXT = "master.next"
    MASTER_ACTIVATE = "master.activate"
    MASTER_BATCH = "master.batch"
    MASTER_DONE = "master.done"
    MASTER_SETTINGS = "master.settings"
    OUTBOX_WRITE = "outbox.write"
    OUTBOX_CLAIM = "outbox.claim"
    OUTBOX_MARK = "outbox.mark"
    OUTBOX_CALL = "outbox.call"  # not ours to commit: before the provider is called, and after
    OUTBOX_ACCEPT = "outbox.accept"
    OUTBOX_FAIL = "outbox.fail"
    OUTBOX_RETRY = "outbox.retry"
    OUTBOX_DOUBT = "outbox.doubt"
    OUTBOX_TAKE_OVER = "outbox.take_over"
    OUTBOX_FOUND = "outbox.found"
    OUTBOX_ABSENT = "outbox.absent"
    OUTBOX_PARK = "outbox.park"
    DIGEST_SCHEDULE = "digest.schedule"
    DIGEST_WRITE = "digest.write"
    DIGEST_TELL = "digest.tell"
    DIGEST_ASK = "digest.ask"


POINTS = tuple(f"{step}.{moment}" for step, moment in product(Step, MOMENTS))


def reach(step: Step, moment: str) -> None:
    """Die here if a test asked for it."""
    if os.environ.get(VARIABLE) == f"{step}.{moment}":
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def around(step: Step) -> Iterator[None]:
    """Put the failpoints around one statement outside of a transaction, or one call."""
    reach(step, "uncommitted")
    yield
    reach(step, "committed")


@asynccontextmanager
async def durable(step: Step) -> AsyncIterator[None]:
    """Run the block in a transaction of its own, with a failpoint on either side of its commit."""
    async with transaction():
        yield
        reach(step, "uncommitted")
    reach(step, "committed")
