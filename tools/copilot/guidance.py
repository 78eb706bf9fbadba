"""What to do next, and drafts of messages. Nothing here writes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.actor import ActorKind
from domain.asking.arguments import DraftMessage, FindLeads, NextBest, Sort, Written
from domain.asking.next_step import Facts, Next, Step, most_pressing, next_step
from domain.contact.channels import Channel
from domain.leads.lifecycle import OPEN, Status
from domain.routing.offers import OfferState
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from tools.copilot.results import AskDeps, Result, cited

_LOOKED_AT = 50
_TOLD = 5
# Greeting, who writes, and the end, by language; an agency's own words for campaigns are its templates.
_DRAFTS = {
    "en": ("Hello {name},", "this is {producer}. I am writing about {purpose}.", "Is there a good time to talk?"),
    "es": ("Hola, {name}:", "le escribe {producer}. Le escribo sobre {purpose}.", "¿Cuándo le viene bien hablar?"),
}
_SUBJECTS = {"en": "About {purpose}", "es": "Sobre {purpose}"}


async def next_best_action(deps: AskDeps, args: NextBest) -> Result:
    """The next step with one lead, or the most pressing ones among the actor's."""
    moment = now()
    if args.lead_id is not None:
        facts = await _facts_of(deps, args.lead_id)
        steps = [next_step(facts, moment)]
    else:
        steps = most_pressing(await _own(deps), moment, _TOLD)
    items = []
    for one in steps:
        item: dict[str, object] = {
            "lead_id": str(one.lead_id), "step": one.step.value, "why": one.why,
            "due": one.due.isoformat() if one.due else None,
        }  # fmt: skip
        if one.step in {Step.FIRST_CONTACT, Step.FOLLOW_UP}:
            item |= await _may_call(deps, one)
        items.append(item)
    return Result({"steps": items}, cited("lead", *(one.lead_id for one in steps)))


async def draft_message(deps: AskDeps, args: DraftMessage) -> Result:
    """Words to begin from, and whether the contact rules would let them go now."""
    if args.language not in _DRAFTS:
        known = ", ".join(_DRAFTS)
        fault = FieldError("language", "unknown", "has no draft", f"use {known}", args.language)
        raise Invalid(f"drafts are made in {known} only", fields=(fault,))
    lead = await deps.services.lead_queries.one(deps.actor, args.lead_id)
    if lead.status == Status.OFFERED and deps.actor.kind is ActorKind.PRODUCER:
        raise Invalid("this lead is only offered: accept it first")
    who = lead.producer_id or deps.actor.producer_id
    producer = (await deps.services.producers.records.one(deps.actor, who)).name if who else "your agent"
    values = {"name": (lead.name or "").split(" ")[0], "producer": producer, "purpose": args.purpose}
    first, second, last = (part.format(**values) for part in _DRAFTS[args.language])
    text = f"{first}\n\n{second}\n\n{last}" if args.channel is Written.EMAIL else f"{first} {second} {last}"
    asked = await deps.services.contact.verdicts.ask(deps.actor, lead.id, None, Channel(args.channel.value))
    data = {
        "lead_id": str(lead.id), "channel": args.channel.value, "language": args.language, "text": text,
        "subject": _SUBJECTS[args.language].format(**values) if args.channel is Written.EMAIL else None,
        "sent": False, "may_send": asked.allowed, "blocked_by": list(asked.codes),
        "may_send_at": asked.next_at.isoformat() if asked.next_at else None,
    }  # fmt: skip
    return Result(data, cited("lead", lead.id), untrusted=True)


async def _facts_of(deps: AskDeps, lead_id: UUID) -> Facts:
    lead = await deps.services.lead_queries.one(deps.actor, lead_id)
    reminders = await deps.services.assistance.follow_ups.mine(deps.actor)
    contacted = [one.at for one in lead.activities if one.kind == "contacted"]
    offers = await deps.services.offers.history(deps.actor, lead_id)
    due = [one.due_at for one in offers.items if one.state is OfferState.OFFERED]
    return Facts(
        lead.id, Status(lead.status), lead.score or 0, lead.received_at, max(contacted, default=None),
        due[0] if due else None, min((one.at for one in reminders.items if one.lead_id == lead_id), default=None),
        lead.do_not_call,
    )  # fmt: skip


async def _own(deps: AskDeps) -> list[Facts]:
    asked = FindLeads(
        mine=deps.actor.producer_id is not None,
        status=sorted(OPEN, key=lambda one: one.value),
        sort=Sort.SCORE,
        limit=_LOOKED_AT,
    )
    found = await deps.services.assistance.finding.find(deps.actor, asked)
    reminders: dict[UUID, datetime] = {}
    for one in (await deps.services.assistance.follow_ups.mine(deps.actor)).items:
        reminders.setdefault(one.lead_id, one.at)
    page = await deps.services.offers.page(deps.actor, [OfferState.OFFERED], deps.actor.producer_id, None, _LOOKED_AT)
    due = {one.lead.id: one.due_at for one in page.items}
    return [
        Facts(one.id, Status(one.status), one.score or 0, one.received_at, one.contacted_at, due.get(one.id),
              reminders.get(one.id), one.do_not_call)
        for one in found.leads
    ]  # fmt: skip


async def _may_call(deps: AskDeps, one: Next) -> dict[str, object]:
    asked = await deps.services.contact.verdicts.ask(deps.actor, one.lead_id, deps.actor.producer_id, Channel.CALL)
    return {
        "may_call": asked.allowed, "blocked_by": list(asked.codes),
        "may_call_at": asked.next_at.isoformat() if asked.next_at else None,
    }  # fmt: skip
