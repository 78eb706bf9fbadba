"""Writes in the network before their person's word: which record is meant, what stands against it, and what would be done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from domain.asking.network_arguments import (
    AcceptConnection,
    AcceptInvitation,
    AcceptReferral,
    DeclineConnection,
    DeclineInvitation,
    DeclineReferral,
    EndConnection,
    InviteToTeam,
    MakeReferral,
    RemindReceiver,
    RequestConnection,
    WhichConnection,
    WhichInvitation,
    WhichReferral,
    WithdrawReferral,
)
from domain.network.connections import State, ends_of
from domain.network.referrals import ReferralState
from domain.network.teams import Role, require_leaves, require_may_invite
from kernel.clock import now
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from services.copilot.schemas import Proposed
from services.network.referral_reads import Ends
from services.network.referral_schemas import ReferralIn, ReferralView
from services.network.schemas import ConnectionView
from services.network.team_schemas import InvitationView
from tools.copilot.results import AskDeps

_SEVERAL = 10
_KINDS = {
    "mentorship": "a mentorship",
    "partnership": "a partnership",
    "cross_referral": "cross-referral",
    "referral": "referrals",
}


async def make_referral(deps: AskDeps, args: MakeReferral) -> Proposed:
    """What would be passed on to whom. Raises what the referral itself would, as things stand."""
    brokers = deps.services.brokers
    lead = await deps.services.lead_queries.one(deps.actor, args.lead_id)
    sender = deps.actor.producer_id or lead.producer_id
    to = await brokers.naming.producer(deps.actor, args.producer) if args.producer else None
    given = ReferralIn(
        lead_id=lead.id, to_id=to.id if to else None, from_id=sender, expires_at=args.expires_at, note=args.note
    )
    await brokers.referring.require_may_refer(deps.actor, given)
    whom = f"{to.name} ({to.key})" if to else "the best match in the network, and after each refusal to the next"
    about = ", ".join(part for part in (lead.line, lead.state) if part)
    until = (
        f" It is open until {args.expires_at:%A %d %B at %H:%M %Z}."
        if args.expires_at
        else " It is open for three days."
    )
    note = f" With the note: “{args.note}”" if args.note else ""
    return _proposed(
        "make_referral", args, f"Refer the lead {lead.name or lead.id} ({about}) to {whom}.{until}{note}",
        from_id=str(sender), to_id=str(to.id) if to else None, lead_version=lead.version,
    )  # fmt: skip


async def accept_referral(deps: AskDeps, args: AcceptReferral) -> Proposed:
    """Which lead would be taken."""
    one = await _referral(deps, args, "accept")
    return await _of_referral(deps, "accept_referral", args, one, "Accept")


async def decline_referral(deps: AskDeps, args: DeclineReferral) -> Proposed:
    """Which lead would be turned down."""
    one = await _referral(deps, args, "decline")
    why = f", because: {args.reason}" if args.reason else ""
    onward = " The next best in the sender's network is asked then." if one.searching else ""
    return await _of_referral(deps, "decline_referral", args, one, "Decline", f"{why}.{onward}")


async def withdraw_referral(deps: AskDeps, args: WithdrawReferral) -> Proposed:
    """Which referral would be taken back; the lead stays where it is."""
    one = await _referral(deps, args, "withdraw")
    return await _of_referral(deps, "withdraw_referral", args, one, "Take back", f", because: {args.reason}.")


async def remind_receiver(deps: AskDeps, args: RemindReceiver) -> Proposed:
    """Whom a reminder would go to."""
    one = await _referral(deps, args, "withdraw")  # whoever may take it back may remind of it
    names = await deps.services.brokers.naming.names(deps.actor, [one.to_id])
    return await _of_referral(deps, "remind_receiver", args, one, f"Remind {names[one.to_id]} of")


async def request_connection(deps: AskDeps, args: RequestConnection) -> Proposed:
    """Who would be asked. Raises Conflict where the two are connected like that, or one asked already, Invalid for oneself and
    for a mentee in anything but a mentorship.
    """
    brokers = deps.services.brokers
    asking = await brokers.naming.whose(deps.actor, args.of)
    other = await brokers.naming.producer(deps.actor, args.producer)
    if other.id == asking:
        raise Invalid("nobody is connected with themselves; name another producer")
    mentor, _ = ends_of(args.kind, asking, other.id, as_mentee=args.as_mentee)
    page = await brokers.connecting.page(deps.actor, other.id, (State.ACTIVE, State.REQUESTED), None, 200)
    for one in page.items:
        same_way = args.kind.value != "mentorship" or one.from_id == mentor
        if asking in {one.from_id, one.to_id} and one.kind is args.kind and same_way:
            raise Conflict(f"there is {_KINDS[args.kind.value]} with {other.name} that is {one.state.value}")
    role = f", with {other.name} as the mentor" if args.as_mentee else ""
    return _proposed(
        "request_connection", args, f"Ask {other.name} ({other.key}) for {_KINDS[args.kind.value]}{role}.",
        from_id=str(asking), to_id=str(other.id),
    )  # fmt: skip


async def accept_connection(deps: AskDeps, args: AcceptConnection) -> Proposed:
    """Which connection would stand."""
    return await _of_connection(deps, "accept_connection", args, ("accept",), "Accept")


async def decline_connection(deps: AskDeps, args: DeclineConnection) -> Proposed:
    """Which asking would be declined."""
    return await _of_connection(deps, "decline_connection", args, ("decline",), "Decline")


async def end_connection(deps: AskDeps, args: EndConnection) -> Proposed:
    """Which connection would end, or which asking be taken back."""
    return await _of_connection(deps, "end_connection", args, ("end", "withdraw"), "End")


async def invite_to_team(deps: AskDeps, args: InviteToTeam) -> Proposed:
    """Who would be invited where. Raises Forbidden for who may not invite, Conflict for who is in the team."""
    brokers = deps.services.brokers
    team = await brokers.teaming.one(deps.actor, await brokers.naming.team(deps.actor, args.team))
    require_may_invite(Role.LEADER if deps.actor.producer_id is None else team.my_role, Role.MEMBER)
    whom = await brokers.naming.producer(deps.actor, args.producer)
    if any(one.producer_id == whom.id for one in team.members):
        raise Conflict(f"{whom.name} is in the team {team.name}")
    return _proposed(
        "invite_to_team", args, f"Invite {whom.name} ({whom.key}) to the team {team.name}.", team_id=str(team.id),
        to_id=str(whom.id),
    )  # fmt: skip


async def accept_invitation(deps: AskDeps, args: AcceptInvitation) -> Proposed:
    """Which team would be joined, and which one left for it. Raises Conflict where a leader would leave people behind."""
    one, team, whose = await _invitation(deps, args)
    brokers, leaves = deps.services.brokers, ""
    before = (await brokers.naming.producer(deps.actor, str(one.producer_id))).team_id
    # A team that only an agency's file names was never founded, and nobody leads it.
    if before is not None and before != one.team_id and await brokers.naming.teams(deps.actor, [before]):
        left = await brokers.teaming.one(deps.actor, before)
        role = next(member.role for member in left.members if member.producer_id == one.producer_id)
        require_leaves(role, len(left.members) - 1)
        leaves = f" The team {left.name} is left for it."
    summary = f"Accept the invitation{whose} to the team {team}.{leaves}"
    return _proposed("accept_invitation", args, summary, invitation_id=str(one.id), accept=True)


async def decline_invitation(deps: AskDeps, args: DeclineInvitation) -> Proposed:
    """Which invitation would be declined."""
    one, team, whose = await _invitation(deps, args)
    summary = f"Decline the invitation{whose} to the team {team}."
    return _proposed("decline_invitation", args, summary, invitation_id=str(one.id), accept=False)


NETWORK_PROPOSE: Mapping[str, Callable[[AskDeps, Any], Awaitable[Proposed]]] = {
    "make_referral": make_referral, "accept_referral": accept_referral, "decline_referral": decline_referral,
    "withdraw_referral": withdraw_referral, "remind_receiver": remind_receiver, "request_connection": request_connection,
    "accept_connection": accept_connection, "decline_connection": decline_connection, "end_connection": end_connection,
    "invite_to_team": invite_to_team, "accept_invitation": accept_invitation, "decline_invitation": decline_invitation,
}  # fmt: skip


async def _referral(deps: AskDeps, args: WhichReferral, step: str) -> ReferralView:
    """The one open referral that is meant, where the actor may do the step with it."""
    brokers, own = deps.services.brokers, deps.actor.producer_id
    if args.referral_id is not None:
        one = await brokers.referrals.one(deps.actor, args.referral_id)
        if step not in one.allowed_actions:
            over = one.state is not ReferralState.PENDING or now() >= one.expires_at
            raise Conflict(f"this referral is {one.state.value if over else 'not yours'} to {step}")
        return one
    other = (await brokers.naming.producer(deps.actor, args.producer)).id if args.producer else None
    sends = step == "withdraw"
    ends = Ends(other=other) if own is None else Ends(own, other) if sends else Ends(other, own)
    page = await brokers.referrals.between(
        deps.actor, [ReferralState.PENDING], ends, lead_id=args.lead_id, limit=_SEVERAL
    )
    found = [one for one in page.items if step in one.allowed_actions]
    if len(found) == 1:
        return found[0]
    whose = "" if own is None else " that you sent" if sends else " to you"
    if not found:
        raise NotFound(f"no open referral{whose} fits")
    names = await brokers.naming.names(deps.actor, {end for one in found for end in (one.from_id, one.to_id)})
    told = "; ".join(_referred(one, names) for one in found)
    fault = FieldError("referral_id", "ambiguous", "could be several", f"say which: {told}")
    raise Invalid(f"several open referrals{whose} fit: {told}; say which", fields=(fault,))


def _referred(one: ReferralView, names: Mapping[UUID, str]) -> str:
    about = ", ".join(str(part) for part in (one.lead.line, one.lead.state, one.lead.tier) if part) or "a lead"
    return f"{about}, from {names[one.from_id]} to {names[one.to_id]}"


async def _of_referral(
    deps: AskDeps, tool: str, args: WhichReferral, one: ReferralView, verb: str, more: str = "."
) -> Proposed:
    names = await deps.services.brokers.naming.names(deps.actor, [one.from_id, one.to_id])
    summary = f"{verb} the referral {one.id} ({_referred(one, names)}){more}"
    return _proposed(tool, args, summary, referral_id=str(one.id), version=one.version)


async def _of_connection(
    deps: AskDeps, tool: str, args: WhichConnection, steps: tuple[str, ...], verb: str
) -> Proposed:
    one = await _connection(deps, args, steps)
    step = next(step for step in steps if step in one.allowed_actions)
    ends = f"{one.from_name} and {one.to_name}"
    what = "the asking for " if step == "withdraw" else ""
    summary = f"{'Take back' if step == 'withdraw' else verb} {what}{_KINDS[one.kind.value]} between {ends}."
    return _proposed(tool, args, summary, connection_id=str(one.id), version=one.version, step=step)


async def _connection(deps: AskDeps, args: WhichConnection, steps: tuple[str, ...]) -> ConnectionView:
    brokers = deps.services.brokers
    if args.connection_id is not None:
        found = [await brokers.connecting.one(deps.actor, args.connection_id)]
    else:
        assert args.producer is not None, "the arguments name one of both"
        other = await brokers.naming.producer(deps.actor, args.producer)
        of = (await brokers.naming.producer(deps.actor, args.of)).id if args.of else deps.actor.producer_id
        page = await brokers.connecting.page(deps.actor, other.id, (State.ACTIVE, State.REQUESTED), None, 200)
        found = [
            one for one in page.items
            if (of is None or of in {one.from_id, one.to_id}) and args.kind in {None, one.kind}
        ]  # fmt: skip
    fits = [one for one in found if set(steps) & set(one.allowed_actions)]
    if len(fits) == 1:
        return fits[0]
    if not fits:
        stands = f": it is {found[0].state.value}" if found else ""
        raise NotFound(f"there is no connection that you may {' or '.join(steps)}{stands}")
    told = "; ".join(f"{one.kind.value} between {one.from_name} and {one.to_name}" for one in fits[:_SEVERAL])
    fault = FieldError("kind", "ambiguous", "could be several", f"say which: {told}")
    raise Invalid(f"several connections fit: {told}; say which", fields=(fault,))


async def _invitation(deps: AskDeps, args: WhichInvitation) -> tuple[InvitationView, str, str]:
    """The one open invitation that is meant, its team's name, and in words whose it is where that is not the asking producer."""
    brokers, own = deps.services.brokers, deps.actor.producer_id
    of = (await brokers.naming.producer(deps.actor, args.of)).id if args.of else own
    team_id = await brokers.naming.team(deps.actor, args.team) if args.team else None
    by = await brokers.naming.producer(deps.actor, args.producer) if args.producer else None
    fits = [
        one for one in (await brokers.teaming.invitations(deps.actor)).items
        if now() < one.expires_at and of in {None, one.producer_id} and team_id in {None, one.team_id}
        and args.invitation_id in {None, one.id} and (by is None or by.team_id == one.team_id)
    ]  # fmt: skip
    if not fits:
        raise NotFound("no open invitation to a team fits")
    names = await brokers.naming.names(deps.actor, {one.producer_id for one in fits})
    teams = await brokers.naming.teams(deps.actor, {one.team_id for one in fits})
    if len(fits) > 1:
        told = "; ".join(f"{names[one.producer_id]} to {teams[one.team_id]}" for one in fits[:_SEVERAL])
        fault = FieldError("team", "ambiguous", "could be several", f"say which: {told}")
        raise Invalid(f"several invitations fit: {told}; say which", fields=(fault,))
    (one,) = fits
    return one, teams[one.team_id], "" if one.producer_id == own else f" of {names[one.producer_id]}"


def _proposed(tool: str, args: Any, summary: str, **pinned: Any) -> Proposed:
    return Proposed(tool, args.model_dump(mode="json", exclude_none=True), summary, pinned)
