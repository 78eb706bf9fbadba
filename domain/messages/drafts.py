"""A message as it is queued: whom it is for and what it is about, without its words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.messages.kinds import Channel, Kind


@dataclass(frozen=True, slots=True)
class Draft:
    """The words and the address are read when it is sent, from the lead, the producer or the person; what cannot be read from
    them is ``sealed``. ``key`` makes a repeated queueing find the first. ``address_hash`` stands for an address that was given.
    """

    key: str
    kind: Kind
    channel: Channel
    at: datetime
    lead_id: UUID | None = None
    producer_id: UUID | None = None
    person_id: UUID | None = None
    push_id: UUID | None = None
    about_id: UUID | None = None
    language: str | None = None
    address_hash: str | None = None
    sealed: bytes | None = None

    @property
    def recipient(self) -> str:
        """Whom messages reach one after another: a device, an address, a producer, a person, the person of a lead."""
        if self.push_id is not None:
            return f"push:{self.push_id}"
        if self.address_hash is not None:
            return f"address:{self.address_hash}"
        if self.producer_id is not None:
            return f"producer:{self.producer_id}"
        return f"person:{self.person_id}" if self.person_id is not None else f"lead:{self.lead_id}"

    @property
    def expires_at(self) -> datetime | None:
        """After which it is not sent any more."""
        return None if self.kind.within is None else self.at + self.kind.within
