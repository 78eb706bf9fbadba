"""Referrals read, partners for a lead, and words to go with a referral. Nothing here writes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from domain.asking.network_arguments import Direction, DraftReferral, FindPartners, ListReferrals, OfBroker
from domain.network.matching import WEIGHTS
from domain.network.notes import Person, personal_in
from domain.network.referrals import ReferralState
from kernel.errors import FieldError, Invalid
from services.lead_view import LeadView
from services.network.referral_reads import Ends
from services.network.referral_schemas import ReferralView
from tools.copilot.results import AskDeps, Result, cited, together

_SHOWN = 50
# Greeting, what is asked, and the end. Of the lead only what its receiver is told before taking it.
_DRAFTS = {
    "en": ("Hello {to},", "I would like to refer {about} to you. Could you take it on?", "Thank you, {sender}"),
    "es": ("Hola, {to}:", "quisiera referirle {about}. ¿Podría encargarse?", "Gracias, {sender}"),
}
_LEAD = {"en": "a {tier}{line} lead{state}", "es": "un lead {tier}de {line}{state}"}
_STATE = {"en": " in {state}", "es": " en {state}"}


async def list_referrals(deps: AskDeps, args: ListReferrals) -> Result:
    """Referrals of the producer, or for a manager who names nobody of all; who the person is stands in none of them."""
    brokers = deps.services.brokers
    who = deps.actor.producer_id
    if args.producer is not None:
        who = await brokers.naming.whose(deps.actor, args.producer)
    other = (await brokers.naming.producer(deps.actor, args.counterpart)).id if args.counterpart else None
    states = args.state or ([ReferralState.PENDING] if args.expires_before else [])
    found = await brokers.referrals.between(
        deps.actor, states, ends(args.direction, who, other), expires_before=args.expires_before, limit=_SHOWN
    )
    items = found.items
    if states != [ReferralState.PENDING]:
        items = sorted(items, key=lambda one: one.created_at, reverse=True)
    names = await brokers.naming.names(deps.actor, {end for one in items for end in (one.from_id, one.to_id)})
    data = {
        "direction": args.direction.value, "referrals": [told(one, names, who) for one in items],
        "more": len(items) == _SHOWN,
    }  # fmt: skip
    people = cited("producer", *(end for one in items for end in (one.from_id, one.to_id)))
    cites = together(
        cited("referral", *(one.id for one in items)), cited("lead", *(one.lead.id for one in items)), people
    )
    return Result(data, cites, untrusted=bool(items))


def ends(direction: Direction, who: UUID | None, other: UUID | None) -> Ends:
    """Who sent and who was sent it; for a manager who names nobody the direction says on which side the other is."""
    if direction is Direction.SENT:
        return Ends(sent_by=who, sent_to=other)
    if direction is Direction.RECEIVED:
        return Ends(sent_by=other, sent_to=who)
    return Ends(other=other)


def told(one: ReferralView, names: dict[UUID, str], who: UUID | None) -> dict[str, Any]:
    """A referral as answers tell it."""
    lead = one.lead
    return {
        "id": str(one.id), "state": one.state.value, "from_id": str(one.from_id), "from": names[one.from_id],
        "to_id": str(one.to_id), "to": names[one.to_id], "sent": one.from_id == who, "lead_id": str(lead.id),
        "line": lead.line, "lead_state": lead.state, "tier": lead.tier, "score": lead.score, "note": one.note,
        "reason": one.reason, "created_at": one.created_at.isoformat(), "expires_at": one.expires_at.isoformat(),
        "may": one.allowed_actions,
    }  # fmt: skip


async def referral_counts(deps: AskDeps, args: OfBroker) -> Result:
    """How a producer's referrals stand and ended."""
    who = await deps.services.brokers.naming.whose(deps.actor, args.producer)
    found = await deps.services.brokers.referrals.counts(deps.actor, who)
    return Result(found.model_dump(mode="json"), cited("producer", who))


async def find_partners(deps: AskDeps, args: FindPartners) -> Result:
    """Who may have the lead, best first, with the factors of each, and how many are refused by what."""
    found = await deps.services.brokers.referrals.matches(deps.actor, args.lead_id, None)
    partners = [one.model_dump(mode="json") for one in found.items[: args.limit]]
    data = {
        "lead_id": str(args.lead_id), "partners": partners, "total": len(found.items), "refused": found.refused,
        "weights": {name: str(weight) for name, weight in WEIGHTS.items()},
    }  # fmt: skip
    people = cited("producer", *(one["producer_id"] for one in partners))
    return Result(data, together(cited("lead", args.lead_id), people), untrusted=bool(partners))


async def draft_referral(deps: AskDeps, args: DraftReferral) -> Result:
    """Words to begin from. They give nothing away of the person, which the referral itself would refuse besides."""
    if args.language not in _DRAFTS:
        known = ", ".join(_DRAFTS)
        fault = FieldError("language", "unknown", "has no draft", f"use {known}", args.language)
        raise Invalid(f"drafts are made in {known} only", fields=(fault,))
    lead = await deps.services.lead_queries.one(deps.actor, args.lead_id)
    to = await deps.services.brokers.naming.producer(deps.actor, args.producer)
    sender_id = lead.producer_id or deps.actor.producer_id
    if to.id == sender_id:
        raise Invalid(f"{to.name} has this lead already")
    names = await deps.services.brokers.naming.names(deps.actor, [sender_id] if sender_id else [])
    text = _words(args.language, lead, to.name.split(" ")[0], next(iter(names.values()), ""))
    person = Person(lead.name, lead.phone, lead.email)
    if personal_in(text, person):  # a colleague has the person's name: nobody is named then
        text = _words(args.language, lead, "", "")
    data = {
        "lead_id": str(lead.id), "producer_id": str(to.id), "to": to.name, "language": args.language, "text": text,
        "sent": False,
    }  # fmt: skip
    return Result(data, together(cited("lead", lead.id), cited("producer", to.id)), untrusted=True)


def _words(language: str, lead: LeadView, to: str, sender: str) -> str:
    state = _STATE[language].format(state=lead.state) if lead.state else ""
    tier = f"{lead.tier} " if lead.tier and language == "en" else ""
    about = _LEAD[language].format(tier=tier, line=lead.line or "insurance", state=state)
    first, second, last = (part.format(to=to, about=about, sender=sender) for part in _DRAFTS[language])
    return " ".join(
        [*([first] if to else []), second if to else second[0].upper() + second[1:], *([last] if sender else [])]
    )
