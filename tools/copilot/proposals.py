"""Writes before their person's word: read what the arguments mean, refuse what cannot be, and say it in plain words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from domain.actor import ActorKind
from domain.asking.arguments import (
    AcceptOffer,
    ChangeStatus,
    DeclineOffer,
    ReassignLead,
    Recorded,
    ScheduleFollowUp,
    SendMessage,
)
from domain.leads.lifecycle import Status
from domain.routing.offers import OfferState
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from services.copilot.schemas import Proposed
from services.lead_view import LeadView
from services.routing.offer_schemas import OfferView
from tools.copilot.network_proposals import NETWORK_PROPOSE
from tools.copilot.results import AskDeps

VERBS = {
    Recorded.CONTACTED: ("contact",), Recorded.WON: ("win",), Recorded.LOST: ("lose",), Recorded.REJECTED: ("reject",),
    Recorded.QUEUED: ("release", "reopen"),
}  # fmt: skip
"""The verbs that lead to a status; the one that the lead's life cycle allows is meant."""


async def change_status(deps: AskDeps, args: ChangeStatus) -> Proposed:
    """What would be recorded. Raises Conflict where the lead's life cycle does not lead there."""
    lead = await _lead(deps, args.lead_id)
    verb = next((one for one in VERBS[args.status] if one in lead.allowed_actions), None)
    if verb is None:
        possible = ", ".join(lead.allowed_actions) or "nothing"
        raise Conflict(f"a lead that is {lead.status} cannot become {args.status.value}; possible now: {possible}")
    why = f", because: {args.reason}" if args.reason else ""
    return _proposed(
        "change_status",
        args,
        f"Mark {_named(deps, lead)} as {args.status.value}{why}.",
        verb=verb,
        version=lead.version,
    )


async def schedule_follow_up(deps: AskDeps, args: ScheduleFollowUp) -> Proposed:
    """What would be scheduled. Raises Invalid for a time that is past."""
    lead = await _lead(deps, args.lead_id)
    if args.at <= now():
        fault = FieldError("at", "not_ahead", "is past", "give a later time", args.at.isoformat())
        raise Invalid("a follow-up lies ahead", fields=(fault,))
    note = f", with the note: {args.note}" if args.note else ""
    return _proposed(
        "schedule_follow_up", args, f"Remind you of {_named(deps, lead)} on {args.at:%A %d %B %Y at %H:%M %Z}{note}."
    )


async def accept_offer(deps: AskDeps, args: AcceptOffer) -> Proposed:
    """What would be taken. Raises NotFound where nothing is offered, Conflict where it is over."""
    offer = await _offer(deps, args.lead_id, args.offer_id)
    return _proposed(
        "accept_offer", args, f"Accept {_offered(offer)}.",
        offer_id=str(offer.id), lead_id=str(offer.lead.id), version=offer.version,
    )  # fmt: skip


async def decline_offer(deps: AskDeps, args: DeclineOffer) -> Proposed:
    """What would be turned down. Raises like accept_offer."""
    offer = await _offer(deps, args.lead_id, args.offer_id)
    why = args.reason.value.replace("_", " ") + (f": {args.words}" if args.words else "")
    return _proposed(
        "decline_offer", args, f"Decline {_offered(offer)}, because of {why}. It goes to the next producer.",
        offer_id=str(offer.id), lead_id=str(offer.lead.id), version=offer.version,
    )  # fmt: skip


async def reassign_lead(deps: AskDeps, args: ReassignLead) -> Proposed:
    """Whom it would go to. The gates are asked when it is done."""
    deps.actor.require_whole_agency()
    lead = await _lead(deps, args.lead_id)
    to = await deps.services.assistance.finding.producer_named(deps.actor, args.producer)
    if lead.producer_id == to.id:
        raise Conflict(f"{to.name} has this lead already")
    if "assign" not in lead.allowed_actions:
        raise Conflict(f"a lead that is {lead.status} cannot be given to anybody")
    return _proposed(
        "reassign_lead", args, f"Give {_named(deps, lead)} to {to.name} ({to.external_id}), because: {args.reason}.",
        producer_id=str(to.id), version=lead.version, before=str(lead.producer_id) if lead.producer_id else None,
    )  # fmt: skip


async def send_message(deps: AskDeps, args: SendMessage) -> Proposed:
    """What would be sent. Raises Invalid where there is no address; the contact rules are asked when it leaves."""
    lead = await _lead(deps, args.lead_id)
    if lead.status == Status.OFFERED and deps.actor.kind is ActorKind.PRODUCER:
        raise Conflict("this lead is only offered: accept it first")
    by_mail = args.channel.value == "email"
    if not (lead.email if by_mail else lead.phone):
        raise Invalid(f"this lead has no {'e-mail address' if by_mail else 'phone number'}")
    way = "an e-mail" if by_mail else "an SMS"
    return _proposed("send_message", args, f"Send {way} to {_named(deps, lead)}: “{args.text}”", version=lead.version)


PROPOSE: Mapping[str, Callable[[AskDeps, Any], Awaitable[Proposed]]] = {
    "change_status": change_status, "schedule_follow_up": schedule_follow_up, "accept_offer": accept_offer,
    "decline_offer": decline_offer, "reassign_lead": reassign_lead, "send_message": send_message, **NETWORK_PROPOSE,
}  # fmt: skip


async def _lead(deps: AskDeps, lead_id: UUID) -> LeadView:
    return await deps.services.lead_queries.one(deps.actor, lead_id)


async def _offer(deps: AskDeps, lead_id: UUID | None, offer_id: UUID | None) -> OfferView:
    if offer_id is not None:
        offer = await deps.services.offers.one(deps.actor, offer_id)
    else:
        assert lead_id is not None, "the arguments name one of both"
        history = await deps.services.offers.history(deps.actor, lead_id)
        found = [one for one in history.items if one.state is OfferState.OFFERED] or history.items[-1:]
        if not found:
            raise NotFound("this lead is not offered to you")
        offer = found[0]
    if offer.state is not OfferState.OFFERED:
        raise Conflict(f"the offer is {offer.state.value}; nothing waits for an answer")
    return offer


def _named(deps: AskDeps, lead: LeadView) -> str:
    hidden = lead.status == Status.OFFERED and deps.actor.kind is ActorKind.PRODUCER
    about = ", ".join(str(part) for part in (lead.line, lead.state) if part)
    return f"the lead {(None if hidden else lead.name) or lead.id}" + (f" ({about})" if about else "")


def _offered(offer: OfferView) -> str:
    about = ", ".join(str(part) for part in (offer.lead.line, offer.lead.state, offer.lead.tier) if part)
    return f"the offered lead {offer.lead.id}" + (f" ({about})" if about else "")


def _proposed(tool: str, args: Any, summary: str, **pinned: Any) -> Proposed:
    return Proposed(tool, args.model_dump(mode="json", exclude_none=True), summary, pinned)
