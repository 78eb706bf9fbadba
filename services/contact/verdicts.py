"""May this lead's person be contacted? Every answer that is given is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor, Scope
from domain.contact.channels import Channel, Purpose
from domain.contact.facts import Asked, Facts
from domain.contact.quiet_hours import Window, windows
from domain.contact.verdict import Verdict, may_contact
from integrations.geography import Geography
from kernel.clock import now
from kernel.errors import Conflict, NotFound
from kernel.ids import derived_id, new_id
from services.contact.facts import gather, gather_each, place_of
from services.contact.schemas import FindingView, Seller, VerdictPage, VerdictView
from services.contact.tables import tables_around
from store.sql.models import ContactVerdictRow, LeadRow
from store.uow import Database, UnitOfWork


class Verdicts:
    """Asks the domain with what the stores know. ``seller`` is a producer's id, another company's name, or None: the agency."""

    def __init__(self, database: Database, geography: Geography) -> None:
        self._database = database
        self._geography = geography

    async def ask(
        self,
        actor: Actor,
        lead_id: UUID,
        seller: Seller | UUID | str | None,
        channel: Channel,
        at: datetime | None = None,
        *,
        purpose: Purpose = Purpose.SOLICITATION,
        key: str | None = None,
    ) -> VerdictView:
        """The answer for ``at``, else for now; for a ``key`` that came before, the answer given then. Raises NotFound for a lead
        that the actor may not see, Conflict where the key came with another question.
        """
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id)
            if key is not None:
                return await self._once(uow, lead, seller, Asked(channel, at or now(), purpose), key)
            return await self.ask_in(uow, lead, seller, channel, at or now(), purpose=purpose)

    async def ask_in(
        self,
        uow: UnitOfWork,
        lead: LeadRow,
        seller: Seller | UUID | str | None,
        channel: Channel,
        at: datetime,
        *,
        purpose: Purpose = Purpose.SOLICITATION,
        verdict_id: UUID | None = None,
    ) -> VerdictView:
        """The same within the transaction of whoever acts upon it."""
        who, at = _seller(seller), at.astimezone(UTC)
        facts = await gather(uow, self._geography, lead, who)
        asked = Asked(channel, at, purpose)
        view = _answered(lead, facts, asked, who.producer_id, verdict_id)
        await uow.contact.add_verdicts([await _row(uow, view, who.name or str(who.producer_id or uow.actor.agency_id))])
        return view

    async def ask_each_in(
        self, uow: UnitOfWork, lead: LeadRow, producer_ids: Sequence[UUID], channels: Sequence[Channel], at: datetime
    ) -> dict[UUID, list[VerdictView]]:
        """The same of several producers, each channel of whom no earlier one is open to, now or later; in a number of statements
        that does not grow with them. Those not of the agency are left out.
        """
        known, judged = await gather_each(uow, self._geography, lead, producer_ids), _Judged()
        views: dict[UUID, list[VerdictView]] = {who: [] for who in producer_ids if who in known}
        for channel in channels:
            asked = Asked(channel, at.astimezone(UTC), Purpose.SOLICITATION)
            for who, given in views.items():
                if not given or (not given[-1].allowed and given[-1].next_at is None):
                    given.append(_told(lead, *judged.of(known[who], asked), asked, who, None))
        rows = [await _row(uow, view, str(who)) for who, given in views.items() for view in given]
        await uow.contact.add_verdicts(rows)
        return views

    async def _once(
        self, uow: UnitOfWork, lead: LeadRow, seller: Seller | UUID | str | None, asked: Asked, key: str
    ) -> VerdictView:
        verdict_id = derived_id(uow.actor.agency_id, "contact-check", key)
        earlier = await uow.contact.verdict(verdict_id)
        if earlier is None:
            return await self.ask_in(
                uow, lead, seller, asked.channel, asked.at, purpose=asked.purpose, verdict_id=verdict_id
            )
        if (earlier.lead_id, earlier.producer_id, earlier.channel) != (
            lead.id,
            _seller(seller).producer_id,
            asked.channel,
        ):
            detail = "this key was used for another question; use a new key for a new one"
            raise Conflict(detail, code="idempotency_key_reused")
        return _view(earlier)

    async def windows_in(
        self, uow: UnitOfWork, lead: LeadRow, channel: Channel, start: datetime, end: datetime
    ) -> tuple[Window, ...]:
        """The stretches of [start, end) in which the hours of everywhere that the person may be allow the channel."""
        del uow
        where = place_of(self._geography, lead)
        return windows(where.zones, where.states, channel, start, end, tables_around(start))

    async def of_lead(self, actor: Actor, lead_id: UUID, *, before: UUID | None, limit: int) -> VerdictPage:
        """What was answered about a lead, newest first."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            if await uow.leads.lead(lead_id) is None:
                raise NotFound(f"no lead {lead_id} in this agency")
            rows = await uow.contact.verdicts(lead_id, before, limit + 1)
        return VerdictPage(
            items=[_view(row) for row in rows[:limit]], next=rows[limit - 1].id if len(rows) > limit else None
        )


class _Judged:
    """Verdicts and digests of facts, each made once: most of several producers stand to the person as somebody else does."""

    def __init__(self) -> None:
        self._verdicts: dict[tuple[Facts, Asked], Verdict] = {}
        self._digests: dict[Facts, str] = {}

    def of(self, facts: Facts, asked: Asked) -> tuple[Verdict, str]:
        if facts not in self._digests:
            self._digests[facts] = facts.hash()
        if (facts, asked) not in self._verdicts:
            self._verdicts[facts, asked] = may_contact(facts, asked, tables_around(asked.at))
        return self._verdicts[facts, asked], self._digests[facts]


def _answered(
    lead: LeadRow, facts: Facts, asked: Asked, producer_id: UUID | None, verdict_id: UUID | None
) -> VerdictView:
    verdict = may_contact(facts, asked, tables_around(asked.at))
    return _told(lead, verdict, facts.hash(), asked, producer_id, verdict_id)


def _told(
    lead: LeadRow, verdict: Verdict, facts_hash: str, asked: Asked, producer_id: UUID | None, verdict_id: UUID | None
) -> VerdictView:
    return VerdictView(
        id=verdict_id or new_id(), lead_id=lead.id, allowed=verdict.allowed, channel=asked.channel, purpose=asked.purpose,
        at=asked.at, next_at=verdict.next_at, findings=[FindingView(**one.as_dict()) for one in verdict.findings],
        tables_version=verdict.version, facts_hash=facts_hash, producer_id=producer_id, asked_at=now(),
    )  # fmt: skip


async def _row(uow: UnitOfWork, view: VerdictView, name: str) -> dict[str, Any]:
    return {
        **view.model_dump(), "channel": view.channel.value, "purpose": view.purpose.value,
        "findings": [one.model_dump(mode="json") for one in view.findings],
        "seller_hash": await uow.contact.name_hash(name), "asked_by": uow.actor.subject,
    }  # fmt: skip


def _seller(given: Seller | UUID | str | None) -> Seller:
    if isinstance(given, Seller):
        return given
    return Seller(given) if isinstance(given, UUID) else Seller(name=given)


def _view(row: ContactVerdictRow) -> VerdictView:
    return VerdictView(
        **{name: getattr(row, name) for name in VerdictView.model_fields if name != "findings"},
        findings=[FindingView(**one) for one in row.findings],
    )
