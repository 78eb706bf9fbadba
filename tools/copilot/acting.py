"""Writes that a person has confirmed, and taking them back. Only what was claimed comes here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from domain.asking.arguments import ChangeStatus, DeclineOffer, ReassignLead, Recorded, ScheduleFollowUp, SendMessage
from domain.asking.catalogue import CATALOGUE, Effect
from domain.messages.kinds import Channel
from kernel.errors import Forbidden
from services.copilot.actions import Claimed
from services.follow_ups.follow_ups import CANCELLED
from tools.copilot.network_acting import NETWORK_EXECUTE, NETWORK_UNDO
from tools.copilot.results import AskDeps, Done, cited

Pinned = Mapping[str, Any]


async def change_status(deps: AskDeps, args: ChangeStatus, pinned: Pinned, _: UUID) -> Done:
    """Record it, if the lead is as it was shown. What was closed may be opened again."""
    lead = await deps.services.lead_status.change(
        deps.actor, args.lead_id, pinned["verb"], reason=args.reason, expected=pinned["version"]
    )
    undo = None
    if args.status in {Recorded.LOST, Recorded.REJECTED}:
        undo = {"tool": "reopen", "arguments": {"lead_id": str(lead.id), "version": lead.version}}
    return Done({"lead_id": str(lead.id), "status": lead.status, "version": lead.version}, undo, cited("lead", lead.id))


async def schedule_follow_up(deps: AskDeps, args: ScheduleFollowUp, _: Pinned, key: UUID) -> Done:
    """Schedule it; it may be cancelled."""
    made = await deps.services.assistance.follow_ups.schedule(
        deps.actor, args.lead_id, args.at, args.note, key=f"copilot:{key}"
    )
    undo = {"tool": "cancel_follow_up", "arguments": {"follow_up_id": str(made.id)}}
    return Done(made.model_dump(mode="json"), undo, cited("follow_up", made.id))


async def accept_offer(deps: AskDeps, _args: Any, pinned: Pinned, _: UUID) -> Done:
    """Take the lead."""
    told = await deps.services.offers.answering.accept(deps.actor, UUID(pinned["offer_id"]), expected=pinned["version"])
    return Done(told.model_dump(mode="json"), None, cited("offer", told.id))


async def decline_offer(deps: AskDeps, args: DeclineOffer, pinned: Pinned, _: UUID) -> Done:
    """Turn the lead down."""
    told = await deps.services.offers.answering.decline(
        deps.actor, UUID(pinned["offer_id"]), args.reason.value, args.words, expected=pinned["version"]
    )
    return Done(told.model_dump(mode="json"), None, cited("offer", told.id))


async def reassign_lead(deps: AskDeps, args: ReassignLead, pinned: Pinned, _: UUID) -> Done:
    """Give it away, if it is as it was shown; it may go back to whoever had it."""
    deps.actor.require_whole_agency()
    lead = await deps.services.assignments.assign(
        deps.actor, args.lead_id, UUID(pinned["producer_id"]), expected=pinned["version"]
    )
    undo = None
    if pinned["before"] is not None:
        given = {"lead_id": str(lead.id), "producer_id": pinned["before"], "version": lead.version}
        undo = {"tool": "give_back", "arguments": given}
    data = {"lead_id": str(lead.id), "producer_id": str(lead.producer_id), "status": lead.status}
    return Done(data, undo, cited("lead", lead.id))


async def send_message(deps: AskDeps, args: SendMessage, _: Pinned, key: UUID) -> Done:
    """Queue it. What has left cannot be taken back."""
    told = await deps.services.messages.ledger.write_to_lead(
        deps.actor, args.lead_id, Channel(args.channel.value), args.text, key=f"copilot:{key}"
    )
    return Done({"message_id": str(told.id), "state": "queued"}, None, cited("message", told.id))


_EXECUTE: Mapping[str, Callable[[AskDeps, Any, Pinned, UUID], Awaitable[Done]]] = {
    "change_status": change_status, "schedule_follow_up": schedule_follow_up, "accept_offer": accept_offer,
    "decline_offer": decline_offer, "reassign_lead": reassign_lead, "send_message": send_message, **NETWORK_EXECUTE,
}  # fmt: skip


async def execute(deps: AskDeps, claimed: Claimed) -> Done:
    """Do what was confirmed. The arguments are read again, and the tool must still be open to the actor."""
    entry = CATALOGUE.get(claimed.tool)
    if entry is None or entry.effect is not Effect.WRITE or not entry.open_to(deps.actor):
        raise Forbidden(f"{claimed.tool} is not yours to use any more")
    args = entry.args.model_validate(dict(claimed.arguments))
    return await _EXECUTE[claimed.tool](deps, args, claimed.pinned, claimed.id)


async def take_back(deps: AskDeps, claimed: Claimed) -> Done:
    """Undo what was done, if the record is as it was left. Raises Stale where it has changed since."""
    given, services = claimed.arguments, deps.services
    if (undo := NETWORK_UNDO.get(claimed.tool)) is not None:
        return await undo(deps, given)
    match claimed.tool:
        case "reopen":
            lead = await services.lead_status.change(
                deps.actor, UUID(given["lead_id"]), "reopen", reason="taken back", expected=given["version"]
            )
            return Done({"lead_id": str(lead.id), "status": lead.status})
        case "cancel_follow_up":
            told = await services.assistance.follow_ups.end(deps.actor, UUID(given["follow_up_id"]), CANCELLED)
            return Done(told.model_dump(mode="json"))
        case "give_back":
            lead = await services.assignments.assign(
                deps.actor, UUID(given["lead_id"]), UUID(given["producer_id"]), expected=given["version"]
            )
            return Done({"lead_id": str(lead.id), "producer_id": str(lead.producer_id), "status": lead.status})
        case _:
            raise Forbidden(f"{claimed.tool} is no way to take anything back")
