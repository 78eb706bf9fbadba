"""Writes in the network that a person has confirmed, and taking them back. Ids and versions are those that were shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from domain.asking.network_arguments import (
    DeclineReferral,
    InviteToTeam,
    MakeReferral,
    RequestConnection,
    WithdrawReferral,
)
from domain.network import connections
from domain.network.referrals import Step
from services.network.referral_schemas import ReferralIn, ReferralView
from services.network.schemas import ConnectionIn
from services.network.team_schemas import InvitationIn
from tools.copilot.results import AskDeps, Done, cited

Pinned = Mapping[str, Any]
_TAKEN_BACK = "taken back"


async def make_referral(deps: AskDeps, args: MakeReferral, pinned: Pinned, key: UUID) -> Done:
    """Pass the lead on; while nobody answered it may be taken back."""
    given = ReferralIn(
        lead_id=args.lead_id, to_id=UUID(pinned["to_id"]) if pinned["to_id"] else None, from_id=UUID(pinned["from_id"]),
        expires_at=args.expires_at, note=args.note,
    )  # fmt: skip
    made = await deps.services.brokers.referring.refer(deps.actor, given, key=f"copilot:{key}")
    undo = {"tool": "withdraw_referral", "arguments": {"referral_id": str(made.id), "version": made.version}}
    return _referred(made, undo)


async def accept_referral(deps: AskDeps, _args: Any, pinned: Pinned, _: UUID) -> Done:
    """Take the lead, if the referral is as it was shown."""
    return await _answered(deps, pinned, Step.ACCEPT, None)


async def decline_referral(deps: AskDeps, args: DeclineReferral, pinned: Pinned, _: UUID) -> Done:
    """Turn the lead down."""
    return await _answered(deps, pinned, Step.DECLINE, args.reason)


async def _answered(deps: AskDeps, pinned: Pinned, step: Step, reason: str | None) -> Done:
    told = await deps.services.brokers.referring.answer(
        deps.actor, UUID(pinned["referral_id"]), step, reason=reason, expected=pinned["version"]
    )
    return _referred(told, None)


async def withdraw_referral(deps: AskDeps, args: WithdrawReferral, pinned: Pinned, _: UUID) -> Done:
    """Take the referral back."""
    told = await deps.services.brokers.referring.withdraw(
        deps.actor, UUID(pinned["referral_id"]), args.reason, expected=pinned["version"]
    )
    return _referred(told, None)


async def remind_receiver(deps: AskDeps, _args: Any, pinned: Pinned, _: UUID) -> Done:
    """Queue the reminder. What has left cannot be taken back."""
    told = await deps.services.brokers.reminding.remind(
        deps.actor, UUID(pinned["referral_id"]), expected=pinned["version"]
    )
    return Done({"referral_id": str(told.id), "reminded": str(told.to_id)}, None, cited("referral", told.id))


async def request_connection(deps: AskDeps, args: RequestConnection, pinned: Pinned, _: UUID) -> Done:
    """Ask; until it is answered it may be taken back."""
    given = ConnectionIn(
        to_id=UUID(pinned["to_id"]), kind=args.kind, from_id=UUID(pinned["from_id"]), as_mentee=args.as_mentee
    )
    asked = await deps.services.brokers.connecting.ask(deps.actor, given)
    undo = {"tool": "withdraw_connection", "arguments": {"connection_id": str(asked.id), "version": asked.version}}
    return Done({"connection_id": str(asked.id), "state": asked.state.value}, undo, cited("connection", asked.id))


async def step_connection(deps: AskDeps, _args: Any, pinned: Pinned, _: UUID) -> Done:
    """Accept, decline, end, or take back the asking, as it was shown."""
    told = await deps.services.brokers.connecting.answer(
        deps.actor, UUID(pinned["connection_id"]), connections.Step(pinned["step"]), None, expected=pinned["version"]
    )
    return Done({"connection_id": str(told.id), "state": told.state.value}, None, cited("connection", told.id))


async def invite_to_team(deps: AskDeps, _args: InviteToTeam, pinned: Pinned, _: UUID) -> Done:
    """Invite; one who is invited already is not invited twice."""
    made = await deps.services.brokers.teaming.invite(
        deps.actor, UUID(pinned["team_id"]), InvitationIn(producer_id=UUID(pinned["to_id"]))
    )
    return Done({"invitation_id": str(made.id), "state": made.state.value}, None, cited("team", made.team_id))


async def answer_invitation(deps: AskDeps, _args: Any, pinned: Pinned, _: UUID) -> Done:
    """Join the team or decline, as it was shown; who joined leaves by the team's own page."""
    told = await deps.services.brokers.teaming.answer(
        deps.actor, UUID(pinned["invitation_id"]), accept=pinned["accept"]
    )
    return Done({"invitation_id": str(told.id), "state": told.state.value}, None, cited("team", told.team_id))


NETWORK_EXECUTE: Mapping[str, Callable[[AskDeps, Any, Pinned, UUID], Awaitable[Done]]] = {
    "make_referral": make_referral, "accept_referral": accept_referral, "decline_referral": decline_referral,
    "withdraw_referral": withdraw_referral, "remind_receiver": remind_receiver, "request_connection": request_connection,
    "accept_connection": step_connection, "decline_connection": step_connection, "end_connection": step_connection,
    "invite_to_team": invite_to_team, "accept_invitation": answer_invitation, "decline_invitation": answer_invitation,
}  # fmt: skip


async def _undo_referral(deps: AskDeps, given: Mapping[str, Any]) -> Done:
    told = await deps.services.brokers.referring.withdraw(
        deps.actor, UUID(given["referral_id"]), _TAKEN_BACK, expected=given["version"]
    )
    return _referred(told, None)


async def _undo_connection(deps: AskDeps, given: Mapping[str, Any]) -> Done:
    told = await deps.services.brokers.connecting.answer(
        deps.actor, UUID(given["connection_id"]), connections.Step.WITHDRAW, None, expected=given["version"]
    )
    return Done({"connection_id": str(told.id), "state": told.state.value})


NETWORK_UNDO: Mapping[str, Callable[[AskDeps, Mapping[str, Any]], Awaitable[Done]]] = {
    "withdraw_referral": _undo_referral, "withdraw_connection": _undo_connection,
}  # fmt: skip


def _referred(told: ReferralView, undo: dict[str, Any] | None) -> Done:
    return Done(
        {"referral_id": str(told.id), "state": told.state.value, "lead_id": str(told.lead.id)}, undo,
        cited("referral", told.id),
    )  # fmt: skip
