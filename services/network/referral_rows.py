"""Rows of referrals: written with the people they are about, moved along with their counters, and shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.actor import Actor
from domain.leads.lifecycle import Status
from domain.leads.reading.email import read_email
from domain.leads.reading.phone import read_phone
from domain.network.exchange import Referred, changed
from domain.network.identity import Party, refuse_self_referral
from domain.network.notes import Person, personal_in
from domain.network.referrals import ReferralState
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid
from kernel.ids import derived_id
from services.network.acting import own_of
from services.network.referral_schemas import ReferralView, ReferredLead
from store.sql.models import BrokerReferralRow, LeadRow, ProducerRow
from store.sql.repositories.contact import Addresses
from store.sql.repositories.referrals import REFERRAL, referral_cause
from store.uow import UnitOfWork

PASSED_ON = frozenset({Status.ASSIGNED, Status.CONTACTED})
"""Where a lead is in a producer's hands and still open."""
LEFT = "the sender has the lead no more"
"""Why a referral was withdrawn by nobody."""


def require_in_hand(lead: LeadRow, sender: UUID) -> None:
    """Raise Conflict unless the sender has the lead and it is open."""
    if lead.producer_id != sender:
        raise Conflict("this lead is not in the sender's hands", code="not_in_hand")
    if Status(lead.status) not in PASSED_ON:
        raise Conflict(f"a lead that is {lead.status} is not passed on", code=f"lead_{lead.status}")


def require_impersonal(lead: LeadRow, note: str | None) -> None:
    """Raise Invalid for a note that says who the lead's person is: the receiver is told that with the lead, and no earlier."""
    found = personal_in(note, Person(lead.name, lead.phone, lead.email, lead.street)) if note else []
    if found:
        told = ", ".join(found)
        fault = FieldError(
            "note", "personal", f"gives away: {told}", "leave it out; the receiver is told line, place and score"
        )
        raise Invalid(f"a note says nothing of who the person is; this one gives away: {told}", fields=(fault,))


async def add_row(
    uow: UnitOfWork,
    lead: LeadRow,
    sender: UUID,
    receiver: UUID,
    key: str,
    expires_at: datetime,
    more: Mapping[str, Any],
) -> BrokerReferralRow:
    """Write a referral by who has the held lead, with the run that waits for its answer. One that a former holder left open is
    withdrawn.

    Raises Conflict where somebody would refer themselves (DOMAIN T25) or the sender has another referral of the lead open.
    """
    moment = now()
    people = [
        await _people(uow, await uow.agencies.producer(sender)), await _people(uow, await uow.agencies.producer(receiver)),
        frozenset(await uow.contact.hashes(Addresses.of(lead))),
    ]  # fmt: skip
    sides = [Party(what, keys) for what, keys in zip(("sender", "receiver", "referred"), people, strict=True)]
    refuse_self_referral(*sides)
    referral_id = derived_id("referral", uow.actor.agency_id, key)
    row = {
        "id": referral_id, "lead_id": lead.id, "from_id": sender, "to_id": receiver, "key": key, "version": 1,
        "state": ReferralState.PENDING.value, "from_people": sorted(people[0]), "to_people": sorted(people[1]),
        "referred_people": sorted(people[2]), "test": lead.test, "repeated": False, "created_at": moment,
        "expires_at": expires_at, **more,
    }  # fmt: skip
    await withdraw_left(uow, lead, sender)
    if await uow.referrals.has_open(lead.id, sender):  # the lead is held, so nobody makes one meanwhile
        raise Conflict("another referral of this lead is open; wait, or take it back", code="referral_open")
    await uow.referrals.add(row)
    made, _ = await uow.referrals.one(referral_id, held=True)
    await _count(uow, None, made)
    await uow.runs.admit_once(lead.id, REFERRAL, referral_cause(uow.actor.agency_id, referral_id))
    return made


async def withdraw_left(uow: UnitOfWork, lead: LeadRow, holder: UUID) -> None:
    """Withdraw the open referral of a held lead, unless whoever has the lead made it: nobody passes on what they have not."""
    left = await uow.referrals.open_of(lead.id)
    if left is not None and left.from_id != holder:
        await move(uow, left, ReferralState.WITHDRAWN, ended_at=now(), reason=LEFT, lease_until=None)


async def move(uow: UnitOfWork, row: BrokerReferralRow, state: ReferralState, **values: Any) -> None:
    """Set the state of a held referral and more of its columns; counters follow, and a run that waits goes on."""
    before = referred_of(row)
    await uow.referrals.change(row, state=state.value, **values)
    await _count(uow, before, row)
    await uow.referrals.wake(row)


async def _count(uow: UnitOfWork, before: Referred | None, row: BrokerReferralRow) -> None:
    if not row.test:  # nobody gains by test leads
        await uow.referrals.count(changed(before, referred_of(row)))


def referred_of(row: BrokerReferralRow) -> Referred:
    """The referral as it is counted."""
    return Referred(
        row.from_id,
        row.to_id,
        ReferralState(row.state),
        row.created_at,
        row.answered_at,
        row.ended_at,
        repeated=row.repeated,
    )


async def _people(uow: UnitOfWork, row: ProducerRow) -> frozenset[str]:
    """A producer's hashes, as the same address of a lead would have."""
    email = read_email(row.email) if row.email else None
    phone = read_phone(row.phone, "US") if row.phone else None
    phones = frozenset({phone.key}) if phone is not None and phone.key else frozenset()
    emails = frozenset({email.key}) if email is not None else frozenset()
    return frozenset(await uow.contact.hashes(Addresses(phones, emails)))


def view_of(actor: Actor, row: BrokerReferralRow, lead: LeadRow) -> ReferralView:
    """A referral as it is shown to the actor."""
    given = {
        name: getattr(row, name)
        for name in ReferralView.model_fields
        if name not in {"state", "lead", "allowed_actions"}
    }
    told = ReferredLead.of(lead)
    return ReferralView(**given, state=ReferralState(row.state), lead=told, allowed_actions=_allowed(actor, row, lead))


def _allowed(actor: Actor, row: BrokerReferralRow, lead: LeadRow) -> list[str]:
    own, state = own_of(actor), ReferralState(row.state)
    if state is ReferralState.PENDING:
        answers = ["accept", "decline"] if own in {None, row.to_id} and now() < row.expires_at else []
        if lead.producer_id != row.from_id:
            answers = [one for one in answers if one != "accept"]
        return [*answers, *(["withdraw"] if own in {None, row.from_id} else [])]
    return ["reverse"] if state is ReferralState.CONVERTED and own is None else []
