"""What offers and messages ask of the contact rules, in their own words: contexts do not know each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.actor import Actor
from domain.contact.channels import BY_PHONE, EVERY, Channel
from services.contact.contact import Contact
from services.contact.schemas import VerdictView
from store.sql.models import LeadRow
from store.uow import UnitOfWork

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Answer:
    """``next_allowed_at`` is when it may be asked again; None with ``allowed`` false means that waiting does not help.
    ``verdict_id`` is the stored verdict's.
    """

    allowed: bool
    next_allowed_at: datetime | None
    code: str | None
    verdict_id: UUID


@dataclass(frozen=True, slots=True)
class Permission:
    """Every answer is stored by the contact rules, with the rules that decided."""

    contact: Contact

    async def windows_in(
        self, uow: UnitOfWork, lead: LeadRow, channel: str, start: datetime, end: datetime
    ) -> tuple[Window, ...]:
        """The stretches of [start, end) in which the hours of everywhere that the person may be allow the channel."""
        return await self.contact.verdicts.windows_in(uow, lead, Channel(channel), start, end)

    async def to_call(self, uow: UnitOfWork, lead: LeadRow, producer_id: UUID, at: datetime) -> Answer:
        """Whether this producer may call the lead's person."""
        return _answer(await self.contact.verdicts.ask_in(uow, lead, producer_id, Channel.CALL, at))

    async def to_write(self, uow: UnitOfWork, lead: LeadRow, seller: str, channel: str, at: datetime, /) -> Answer:
        """Whether the agency, whose name ``seller`` is, may write to the lead's person."""
        del seller  # the agency of the transaction
        return _answer(await self.contact.verdicts.ask_in(uow, lead, None, Channel(channel), at))

    async def withdrawn(self, actor: Actor, sender: str, channel: str, words: str, at: datetime, key: str, /) -> None:
        """Write down that who wrote from this number or address wishes no more; once for ``key``."""
        by_mail = Channel(channel) is Channel.EMAIL
        await self.contact.revocations.record(
            actor, channel=Channel(channel), phone=None if by_mail else sender, email=sender if by_mail else None,
            words=words, at=at, key=key,
        )  # fmt: skip

    async def withdrawn_in(
        self, uow: UnitOfWork, lead: LeadRow | None, *, phone: str | None, email: str | None, words: str,
        by_phone_only: bool, key: str,
    ) -> None:  # fmt: skip
        """Write down, in the transaction of whoever heard it, that a person wishes no calls and texts, or no contact at all."""
        scope = BY_PHONE if by_phone_only else EVERY
        await self.contact.revocations.record_in(
            uow, lead, channel=Channel.CALL, phone=phone, email=email, words=words, scope=scope, key=key
        )


def _answer(found: VerdictView) -> Answer:
    refusing = found.codes[0] if found.codes else None
    return Answer(found.allowed, None if found.allowed else found.next_at, refusing, found.id)
