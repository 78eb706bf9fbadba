"""Wishes not to be contacted: recorded once, in force at once, for every lead of the person, for ever."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from domain.actor import Actor, Scope, system_actor
from domain.contact.channels import Channel
from domain.contact.revocation import is_revocation, revoke
from domain.leads.extraction.refusal import read_refusal
from domain.leads.extraction.text import Text
from domain.leads.history import LeadEvent
from domain.leads.lifecycle import Happening
from domain.leads.reading.email import read_email
from domain.leads.reading.phone import read_phone
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import new_id
from services.contact.schemas import RevocationList, RevocationView
from services.contact.tables import tables_around
from store.sql.models import ContactRevocationRow, LeadRow
from store.sql.repositories.contact import Addresses
from store.uow import Database, UnitOfWork


class Revocations:
    """Any reasonable means counts (47 CFR 64.1200(a)(10)), so whatever is recorded here is a wish; words say how far it goes."""

    def __init__(self, database: Database, region: str | None) -> None:
        self._database = database
        self._region = region

    async def record(
        self,
        actor: Actor,
        *,
        channel: Channel,
        lead_id: UUID | None = None,
        phone: str | None = None,
        email: str | None = None,
        words: str | None = None,
        scope: Collection[Channel] | None = None,
        at: datetime | None = None,
        key: str | None = None,
    ) -> RevocationView:
        """Write a wish down and block; once for ``key``. Raises NotFound for a lead that the actor may not see, Invalid for a
        number or an address that cannot be read, Conflict where the key was used for another wish.
        """
        actor.require(Scope.LEADS_WRITE)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id) if lead_id else None
            return await self.record_in(
                uow, lead, channel=channel, phone=phone, email=email, words=words, scope=scope, at=at, key=key
            )

    async def record_in(
        self,
        uow: UnitOfWork,
        lead: LeadRow | None,
        *,
        channel: Channel,
        phone: str | None = None,
        email: str | None = None,
        words: str | None = None,
        scope: Collection[Channel] | None = None,
        at: datetime | None = None,
        key: str | None = None,
    ) -> RevocationView:
        """The same within the transaction of whoever heard it. Leads of the person that the actor may not see learn of it too."""
        who = self._addresses(lead, phone, email)
        agency = UnitOfWork(uow.session, system_actor(uow.actor.agency_id, "contact"))
        people, moment = await agency.contact.hashes(who), now()
        said_at = min(at or moment, moment)
        wish = revoke(channel, words, said_at, tables_around(said_at), frozenset(scope) if scope else None)
        revocation_id = new_id()
        key = f"said:{key}" if key else f"said:{revocation_id}"
        fresh = await agency.contact.add_revocation({
            "id": revocation_id, "key": key, "lead_id": lead.id if lead else None, "people": people,
            "said_on": channel.value, **wish.as_row(), "recorded_at": moment, "recorded_by": uow.actor.subject,
        })  # fmt: skip
        row = await agency.contact.revocation(key)
        assert row is not None, "it was just written, or had been before"
        if not fresh and (row.people != people or row.said_on != channel.value):
            raise Conflict(
                "this key was used for another wish; use a new key for a new one", code="idempotency_key_reused"
            )
        told = await self._tell(agency, row, who, lead) if fresh and Channel.CALL in wish.channels else []
        if fresh:
            await uow.audit.note("contact.revoke", "revocation", row.id, said_on=channel.value)
        return _view(row, told)

    async def of_lead(self, actor: Actor, lead_id: UUID) -> RevocationList:
        """Every wish that binds who wants to contact the lead's person."""
        actor.require(Scope.LEADS_READ)
        async with self._database.begin(actor) as uow:
            lead = await uow.leads.one(lead_id)
            rows = await uow.contact.revocations(await uow.contact.hashes(Addresses.of(lead)), lead_id)
        return RevocationList(items=[_view(row) for row in rows])

    async def _tell(
        self, agency: UnitOfWork, row: ContactRevocationRow, who: Addresses, lead: LeadRow | None
    ) -> list[UUID]:
        """The leads of the person say do-not-call from now on; in the order of their ids, so that two wishes never wait for each
        other.
        """
        told = []
        for one in await agency.contact.leads_of(who, lead.id if lead else None):
            if not one.do_not_call:
                data = {"from": str(lead.id if lead else one.id), "revocation": str(row.id)}
                event = LeadEvent(Happening.REFUSED_CALLS, row.recorded_at, data)
                await agency.history.append(one.id, f"revoked:{row.id}", event)
                told.append(one.id)
        return told

    def _addresses(self, lead: LeadRow | None, phone: str | None, email: str | None) -> Addresses:
        known = Addresses.of(lead) if lead is not None else Addresses()
        read_number = read_phone(phone, self._region) if phone is not None else None
        read_address = read_email(email) if email is not None else None
        faults = []
        if read_number is not None and read_number.key is None:
            faults.append(
                FieldError("phone", "unreadable", "is no phone number", "send it with its country code", phone)
            )
        if email is not None and read_address is None:
            faults.append(FieldError("email", "unreadable", "is no e-mail address", "send one address", email))
        if faults:
            raise Invalid("the wish cannot be recorded", fields=tuple(faults))
        phones = {read_number.key, read_number.e164} if read_number else set()
        emails = {read_address.key, read_address.address} if read_address else set()
        found = Addresses(known.phones | set(filter(None, phones)), known.emails | set(filter(None, emails)))
        if lead is None and not (found.phones or found.emails):
            fault = FieldError("lead_id", "missing", "nobody is named", "send lead_id, phone or email")
            raise Invalid("the wish cannot be recorded", fields=(fault,))
        return found


def asks_to_stop(words: str) -> bool:
    """Whether a message that nobody has read takes consent back: a stop word, or a wish in whatever words."""
    return is_revocation(words) or read_refusal(Text.of(words)).refused


def _view(row: ContactRevocationRow, told: list[UUID] | None = None) -> RevocationView:
    values = {name: getattr(row, name) for name in RevocationView.model_fields if name != "leads"}
    return RevocationView(**values, leads=told or [])
