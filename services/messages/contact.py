"""May this person be written to now? Asked before each message to a consumer that they did not ask for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.actor import Actor
from store.sql.models import LeadRow
from store.uow import UnitOfWork


class Verdict(Protocol):
    """``next_allowed_at`` is when it may be asked again; None with ``allowed`` false means never."""

    @property
    def allowed(self) -> bool: ...
    @property
    def next_allowed_at(self) -> datetime | None: ...
    @property
    def code(self) -> str | None: ...


class ContactCheck(Protocol):
    """The contact rules. ``seller`` is the agency's name as consents list it, ``channel`` is email or sms."""

    async def __call__(
        self, uow: UnitOfWork, lead_row: LeadRow, seller: str, channel: str, at: datetime, /
    ) -> Verdict: ...


class Revoke(Protocol):
    """Takes a person's word that messages must end, in its own transaction; the same ``key`` again changes nothing.

    ``sender`` is the number or address that the words came from.
    """

    async def __call__(
        self, actor: Actor, sender: str, channel: str, words: str, at: datetime, key: str, /
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class NoRules:
    """The answer where no contact rules are there: unknown is not permitted."""

    allowed: bool = False
    next_allowed_at: datetime | None = None
    code: str = "no_contact_rules"


async def without_rules(_uow: UnitOfWork, _lead: LeadRow, _seller: str, _channel: str, _at: datetime, /) -> Verdict:
    """Refuse every message that the person did not ask for."""
    return NoRules()
