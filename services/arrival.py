"""A lead on its way in, as the contexts that let it in and write it down hand it to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.leads.lifecycle import Status
from domain.leads.reading import LeadDraft, RowReading
from domain.leads.reading.place import place_key
from kernel.errors import FieldError, Invalid
from kernel.money import Money
from store.uow import UnitOfWork

REFUSED = 422


@dataclass(frozen=True, slots=True)
class Admitted:
    """On what terms a source's lead came in. With ``double_opt_in`` it waits for the person's own word."""

    source_id: UUID
    slug: str
    test: bool
    price: Money | None
    double_opt_in: bool


@dataclass(frozen=True, slots=True)
class Arrival:
    """A lead ready to be written: its id, the key its first event is known by, what was read, and what let it in."""

    lead_id: UUID
    key: str
    at: datetime
    draft: LeadDraft
    source: str
    consent: dict[str, Any] | None = None
    extras: dict[str, Any] | None = None
    admitted: Admitted | None = None

    @property
    def test(self) -> bool:
        """Whether the lead stays out of every count."""
        return self.admitted is not None and self.admitted.test

    @property
    def waits(self) -> bool:
        """Whether the person has to confirm first."""
        return self.admitted is not None and self.admitted.double_opt_in


@dataclass(frozen=True, slots=True)
class Refused:
    """A lead that its source may not send: a stable code and words."""

    code: str
    words: str

    def as_fault(self) -> FieldError:
        """The refusal as one thing wrong with a row or an item of a batch."""
        return FieldError("source", self.code, self.words, "see the source's settings")

    def as_body(self) -> dict[str, Any]:
        """The answer to remember; :func:`require_accepted` raises what it says."""
        return {"code": self.code, "detail": self.words, "errors": []}


class Gate(Protocol):
    """Lets leads in by the settings of the source that they name, and does what follows from having let them in."""

    async def admit(self, uow: UnitOfWork, arrivals: Sequence[Arrival], door: str) -> list[Arrival | Refused]:
        """Each lead with its terms, or its refusal, in the order given. A lead without a configured source goes through."""
        ...

    async def follow_up(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
        """After the leads are written: consent texts, certificates to claim, charges, requests to confirm."""
        ...


class LeadReader(Protocol):
    """Reads fields into an arrival and writes arrivals down."""

    def read(
        self, fields: Mapping[str, str], consent: dict[str, Any] | None, origin: str
    ) -> tuple[RowReading, Arrival | None]:
        """What the fields say, and the lead that is ready to be admitted; None when there is none."""
        ...

    async def write(self, uow: UnitOfWork, arrivals: Sequence[Arrival]) -> None:
        """Write leads, events, outbox rows and runs."""
        ...


def notes(problems: Sequence[FieldError]) -> list[dict[str, Any]]:
    """Field errors as JSON, every part present."""
    return [
        {"field": one.field, "code": one.code, "message": one.message, "remedy": one.remedy, "value": one.value}
        for one in problems
    ]


def accepted(arrival: Arrival | None, reading: RowReading) -> dict[str, Any]:
    """The answer for one lead; without an arrival it was not taken."""
    begun = Status.UNCONFIRMED if arrival and arrival.waits else Status.RECEIVED
    status = Status.REJECTED if arrival is None else begun
    lead_id = None if arrival is None else str(arrival.lead_id)
    return {"lead_id": lead_id, "status": status.value, "warnings": notes(reading.warnings)}


def unreadable(reading: RowReading) -> dict[str, Any]:
    """The answer to remember for fields that make no lead."""
    return {"code": "unreadable_lead", "detail": "the lead cannot be accepted", "errors": notes(reading.errors)}


def require_accepted(status: int, body: Mapping[str, Any]) -> None:
    """Raise the refusal that a remembered answer stands for."""
    if status == REFUSED:
        raise Invalid(body["detail"], code=body["code"], fields=tuple(FieldError(**one) for one in body["errors"]))


def place_of(draft: LeadDraft) -> str | None:
    """The key that a draft's address is matched by."""
    return place_key(draft.street, draft.zip_code, draft.city, draft.state)
