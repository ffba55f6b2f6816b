"""What a sender holds while a message is on its way."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from server.integrations.channel import Outgoing
from server.lib.scope import Scope


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at a message, held by whoever knows `token`.

    `number` counts from 1. `in_doubt_since`: since when nobody knows whether the provider has it;
    None while there is no doubt. `is_uncalled`: its sender died before the call. `is_parked`: it is
    `unknown`, and asked about now and then.
    `on_trial`: it shows whether its provider is back.
    """

    scope: Scope
    outgoing: Outgoing
    channel: str
    provider: str
    number: int
    token: UUID
    begun_at: datetime
    expires_at: datetime
    in_doubt_since: datetime | None = None
    is_uncalled: bool = False
    is_parked: bool = False
    on_trial: bool = False

    @property
    def message_id(self) -> UUID:
        """The row of the outbox."""
        return self.outgoing.message_id
