"""What every provider of messages looks like from above: one way out, four kinds of answer.

A channel never raises for a provider or the line to it: whatever they do is one of the outcomes
below, and only `Unclear` leaves open whether the message has left. What may come out is
`asyncio.CancelledError`, which leaves the same open, and, before anything is handed over, what our
own database raises (a callback's mac is made of a key in it; `begin` writes there).
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to one user: `address` is E.164 for SMS, an e-mail address else.

    `message_id` is the outbox row; it is the same at each attempt. `unsubscribe_url`, `reply_to`
    and `in_reply_to` (the Message-ID of the mail that this answers) are for e-mail; None leaves
    the header out. `is_reply`: it answers what its reader wrote.
    """

    message_id: UUID
    kind: str
    address: str
    subject: str
    text: str
    html: str | None
    unsubscribe_url: str | None
    reply_to: str | None
    is_reply: bool = False
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `cost_micros`: millionths of the account's currency, where known."""

    provider_id: str
    segments: int | None = None
    cost_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider certainly does not have it.

    `is_permanent`: another attempt would be refused alike. `retry_after_s`: do not come back
    sooner; None where the provider named no time.
    """

    code: str
    is_permanent: bool
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may have left: the answer was lost or made no sense. Never send again without `find`.

    `retry_after_s`: as in Refused; before that not even `find` is called.
    """

    code: str
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The provider has the message, and this is what it says became of it."""

    provider_id: str
    state: Literal["accepted", "delivered", "failed"]
    code: str | None = None
    segments: int | None = None
    cost_micros: int | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider was asked and does not list it.

    A list may lag behind what was accepted: believe it only some time after the attempt
    (docs/adr/0027).
    """


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider has no such question, or did not answer it (`code` says why).

    `retry_after_s`: as in Refused.
    """

    code: str
    retry_after_s: float | None = None


Begin = Callable[[], Awaitable[None]]
"""Notes for good that a message may arrive from now on; what it raises forbids to hand it over."""


async def unmarked() -> None:
    """Note nothing."""


class Channel(Protocol):
    """A way out. Connections are opened at first use and reused until `close`."""

    provider: str
    """Stable name: twilio, sendgrid, smtp, console."""
    is_marked: bool
    """Whether `send` calls `begin`: where nobody can be asked afterwards, and `find` is no help."""

    async def send(
        self, outgoing: Outgoing, begin: Begin = unmarked
    ) -> Accepted | Refused | Unclear:
        """Hand a message to the provider, once; never tries again by itself.

        `begin` is called once, as late as can be: before it nothing can have arrived.
        """

    async def find(
        self, outgoing: Outgoing, *, since: datetime, taken: Collection[str] = ()
    ) -> Found | Absent | CannotTell:
        """Ask whether the provider has what an attempt begun at `since` may have handed over.

        `taken`: provider ids of the same user's other messages. A provider that keeps no id of
        ours finds a message by its text, and two receipts may say the same.
        """

    async def close(self) -> None:
        """Give connections back; a later `send` opens new ones."""
