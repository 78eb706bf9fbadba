"""Reading leads: found, counted, shown, explained, compared."""

from __future__ import annotations

from typing import Any

from domain.actor import ActorKind
from domain.asking.arguments import CountLeads, FindLeads, OneLead
from domain.leads.lifecycle import Status
from services.leads.schemas import LeadDetail
from tools.copilot.results import AskDeps, Result, cited, together

_SHOWN = (
    "id", "version", "status", "reason", "source", "received_at", "updated_at", "name", "email", "phone", "city", "state",
    "zip", "language", "line", "lines", "intent", "urgency", "tier", "score", "needs_review", "do_not_call", "producer_id",
    "receipt_id", "duplicate_of", "allowed_actions", "text", "street", "extras",
)  # fmt: skip
_HIDDEN = frozenset({"name", "email", "phone", "street", "text", "extras"})
_LONGEST = 4_000


async def find_leads(deps: AskDeps, args: FindLeads) -> Result:
    """Leads that fit, in order, and how many there are in all."""
    found = await deps.services.assistance.finding.find(deps.actor, args)
    cites = together(
        cited("lead", *(one.id for one in found.leads)), cited("producer", *(one.producer_id for one in found.leads))
    )
    return Result(found.model_dump(mode="json"), cites, untrusted=bool(found.leads))


async def count_leads(deps: AskDeps, args: CountLeads) -> Result:
    """How many leads fit, in all or by something."""
    found = await deps.services.assistance.finding.count(deps.actor, args)
    parts = [one.value for one in found.parts] if args.by and args.by.value == "producer" else []
    outside = bool(args.by) and args.by.value in {"source", "producer"} if args.by else False
    return Result(found.model_dump(mode="json"), cited("producer", *parts), untrusted=outside)


async def show_lead(deps: AskDeps, args: OneLead) -> Result:
    """Everything known of one lead; of one that is only offered to a producer not who it is."""
    lead = await deps.services.lead_queries.one(deps.actor, args.lead_id)
    hidden = lead.status == Status.OFFERED and deps.actor.kind is ActorKind.PRODUCER
    told = lead.model_dump(mode="json", include=set(_SHOWN) - (_HIDDEN if hidden else set()))
    if "text" in told:
        told["text"] = told["text"][:_LONGEST]
    told["history"] = [{"what": one.kind, "at": one.at.isoformat()} for one in lead.activities]
    reminders = await deps.services.assistance.follow_ups.mine(deps.actor)
    own = [one for one in reminders.items if one.lead_id == lead.id]
    told["follow_ups"] = [one.model_dump(mode="json") for one in own]
    cites = together(
        cited("lead", lead.id), cited("producer", lead.producer_id), cited("receipt", lead.receipt_id),
        cited("follow_up", *(one.id for one in own)),
    )  # fmt: skip
    return Result(told, cites, untrusted=True)


async def explain_score(deps: AskDeps, args: OneLead) -> Result:
    """The score with the reasons that it was made of."""
    lead = await deps.services.lead_queries.one(deps.actor, args.lead_id)
    told = await deps.services.explanations.of(deps.actor, args.lead_id)
    scored = _newest(lead, "scorer")
    reasons = [] if scored is None else scored["evidence"]
    data = {
        "lead_id": str(lead.id), "score": lead.score, "tier": lead.tier, "confidence": lead.confidence,
        "needs_review": lead.needs_review, "reasons": reasons, "told": list(told.sentences),
    }  # fmt: skip
    return Result(data, cited("lead", lead.id), untrusted=True)


async def explain_route(deps: AskDeps, args: OneLead) -> Result:
    """Why the lead is whose it is, from the receipt of the decision."""
    route = await deps.services.explanations.route(deps.actor, args.lead_id)
    facts = route.facts
    data: dict[str, Any] = {
        "lead_id": str(args.lead_id), "status": route.status, "reason": route.reason,
        "producer_id": str(route.producer_id) if route.producer_id else None,
        "receipt_id": str(route.receipt_id) if route.receipt_id else None,
        "decided_at": route.at.isoformat() if route.at else None,
    }  # fmt: skip
    if facts is not None:
        data |= {
            "outcome": facts.outcome, "producer": facts.producer, "considered": facts.considered,
            "eligible": facts.eligible, "points": facts.total, "why": facts.reason,
            "factors": [{"reason": why, "points": given, "of": most} for why, given, most in facts.factors],
            "refused_by_gate": dict(facts.stopped or {}),
        }  # fmt: skip
    cites = together(
        cited("lead", args.lead_id), cited("receipt", route.receipt_id), cited("producer", route.producer_id)
    )
    return Result(data, cites, untrusted=bool(facts))


async def similar_leads(deps: AskDeps, args: OneLead) -> Result:
    """Leads with like words that the actor may see, and how they ended."""
    lead = await deps.services.lead_queries.one(deps.actor, args.lead_id)
    found = await deps.services.similar.similar(deps.actor, lead.id, lead.text, lead.line or "unknown", test=True)
    data = {"lead_id": str(lead.id), **found.value}
    return Result(data, cited("lead", lead.id, *(one["lead_id"] for one in found.value["leads"])))


def _newest(lead: LeadDetail, specialist: str) -> dict[str, Any] | None:
    found = [one for one in lead.decisions if one.specialist == specialist]
    return found[-1].model_dump(mode="json") if found else None
