"""Questions on the network: connections, reach, score, tier, value, place, advice, teams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain.asking.network_arguments import ConnectionsOf, KnownAt, OfBroker, ReachOf, TeamOf
from domain.network.connections import State
from domain.network.tiers import shown
from kernel.clock import now
from kernel.errors import NotFound
from services.copilot.schemas import Citation
from services.network.schemas import ConnectionView
from tools.copilot.results import AskDeps, Result, cited, together

_SHOWN = 50
_FIRST = 10
_WAYS = 8
_EVERYBODY = 1_000_000
_STANDING = (State.ACTIVE, State.REQUESTED)


async def my_connections(deps: AskDeps, args: ConnectionsOf) -> Result:
    """The producer's connections, the strongest first, and what may be done with each."""
    brokers = deps.services.brokers
    who = await brokers.naming.whose(deps.actor, args.producer)
    page = await brokers.connecting.page(deps.actor, who, args.state or _STANDING, None, _SHOWN)
    found = sorted(page.items, key=lambda one: (-one.strength, one.id))
    data: dict[str, Any] = {
        "producer_id": str(who), "connections": [_connection(one, who) for one in found],
        "more": page.next_cursor is not None,
    }  # fmt: skip
    others = cited("producer", who, *(one["producer_id"] for one in data["connections"]))
    return Result(data, together(cited("connection", *(one.id for one in found)), others), untrusted=bool(found))


def _connection(one: ConnectionView, who: UUID) -> dict[str, Any]:
    out = one.from_id == who
    return {
        "id": str(one.id), "producer_id": str(one.to_id if out else one.from_id),
        "name": one.to_name if out else one.from_name, "kind": one.kind.value, "state": one.state.value,
        "strength": str(one.strength), "since": one.since.isoformat() if one.since else None,
        "asked_by_them": one.state is State.REQUESTED and one.asked_by != who, "may": one.allowed_actions,
    }  # fmt: skip


async def connections_known(deps: AskDeps, args: KnownAt) -> Result:
    """Pairs that were connected then, by what was known then; of one producer, or for a manager of all."""
    brokers = deps.services.brokers
    who = deps.actor.producer_id
    if args.producer is not None:
        who = await brokers.naming.whose(deps.actor, args.producer)
    known = await brokers.connecting.known(deps.actor, args.at, args.known_at)
    found = [one for one in known.items if who is None or who in {one.from_id, one.to_id}]
    names = await brokers.naming.names(deps.actor, {end for one in found[:_SHOWN] for end in (one.from_id, one.to_id)})
    items = [
        {
            "id": str(one.id), "kind": one.kind.value, "from_id": str(one.from_id), "from": names[one.from_id],
            "to_id": str(one.to_id), "to": names[one.to_id],
        }
        for one in found[:_SHOWN]
    ]  # fmt: skip
    data = {
        "at": known.at.isoformat(),
        "known_at": known.known_at.isoformat(),
        "total": len(found),
        "connections": items,
    }
    ends = cited("producer", *(one[end] for one in items for end in ("from_id", "to_id")))
    return Result(data, together(cited("connection", *(one["id"] for one in items)), ends), untrusted=bool(items))


async def network_reach(deps: AskDeps, args: ReachOf) -> Result:
    """Distinct people by the least number of steps."""
    who = await deps.services.brokers.naming.whose(deps.actor, args.producer)
    found = await deps.services.brokers.reaching.reach(deps.actor, who, args.degrees)
    return Result(found.model_dump(mode="json"), cited("producer", who))


async def network_standing(deps: AskDeps, args: OfBroker) -> Result:
    """Score and tier with everything they consist of, and what is missing to the next tier."""
    brokers = deps.services.brokers
    who = await brokers.naming.whose(deps.actor, args.producer)
    score, card = await brokers.standing.score(deps.actor, who), await brokers.standing.tier(deps.actor, who)
    named = await brokers.naming.names(deps.actor, [*(one.producer_id for one in score.counterparts), *score.left_out])
    parts = sorted(score.counterparts, key=lambda one: (-one.gives, one.producer_id))[:_SHOWN]
    data: dict[str, Any] = {
        "producer_id": str(who), "score": score.shown, "tier": card.tier.value, "multiplier": str(card.multiplier),
        "benefits": [one.benefit.value for one in card.benefits],
        "next_tier": card.next_tier.value if card.next_tier else None,
        "missing": shown(card.missing) if card.missing is not None else None,
        "connected": score.connected, "for_connections": shown(score.for_connections),
        "counterparts": [
            {
                "producer_id": str(one.producer_id), "name": named[one.producer_id], "accepted": shown(one.accepted),
                "converted": shown(one.converted), "gives": shown(one.gives),
            }
            for one in parts
        ],
        "left_out": [
            {"producer_id": str(one), "name": named[one], "why": why} for one, why in sorted(score.left_out.items())[:_SHOWN]
        ],
    }  # fmt: skip
    return Result(data, _whom(who, data["counterparts"], data["left_out"]), untrusted=bool(named))


async def raise_score(deps: AskDeps, args: OfBroker) -> Result:
    """Steps that would raise the score, each with what it adds by the formula, and what is missing to the next tier."""
    brokers = deps.services.brokers
    who = await brokers.naming.whose(deps.actor, args.producer)
    card = await brokers.standing.tier(deps.actor, who)
    found = await brokers.raising.ways(deps.actor, who, _WAYS)
    items = [
        {
            "way": one.way.value, "producer_id": str(one.producer_id) if one.producer_id else None, "name": one.name,
            "by": shown(one.by), "left": shown(one.left), "reaches_next": card.missing is not None and one.by >= card.missing,
        }
        for one in found.items
    ]  # fmt: skip
    data = {
        "producer_id": str(who), "score": card.shown, "tier": card.tier.value,
        "next_tier": card.next_tier.value if card.next_tier else None,
        "missing": shown(card.missing) if card.missing is not None else None, "ways": items,
    }  # fmt: skip
    return Result(data, _whom(who, items), untrusted=any(one["name"] for one in items))


async def network_value(deps: AskDeps, args: OfBroker) -> Result:
    """What own referrals brought in a year, and what people in reach could bring."""
    who = await deps.services.brokers.naming.whose(deps.actor, args.producer)
    found = await deps.services.brokers.standing.value(deps.actor, who)
    return Result(found.model_dump(mode="json"), cited("producer", who))


async def network_growth(deps: AskDeps, args: OfBroker) -> Result:
    """Month by month, and ahead for who is told that."""
    who = await deps.services.brokers.naming.whose(deps.actor, args.producer)
    found = await deps.services.brokers.growing.growth(deps.actor, who)
    return Result(found.model_dump(mode="json"), cited("producer", who))


async def leaderboard(deps: AskDeps, args: OfBroker) -> Result:
    """The first ten by network score, and the producer's own place where there is one."""
    brokers = deps.services.brokers
    who = deps.actor.producer_id
    if args.producer is not None:
        who = await brokers.naming.whose(deps.actor, args.producer)
    board = await brokers.standing.leaderboard(deps.actor, 0, _EVERYBODY)
    places = [
        one.model_dump(mode="json") for one in board.items if one.producer_id == who or one in board.items[:_FIRST]
    ]
    mine = next((one for one in places if one["producer_id"] == str(who)), None)
    data = {"of": board.of, "mine": mine, "first": places[:_FIRST]}
    return Result(data, cited("producer", *(one["producer_id"] for one in places)), untrusted=bool(places))


async def network_advice(deps: AskDeps, args: OfBroker) -> Result:
    """Recommendations, each with the producer, the reason and the expected effect."""
    brokers = deps.services.brokers
    who = await brokers.naming.whose(deps.actor, args.producer)
    found = await brokers.growing.advise(deps.actor, who, _FIRST)
    data = found.model_dump(mode="json")
    return Result(data, _whom(who, data["items"]), untrusted=bool(found.items))


async def show_team(deps: AskDeps, args: TeamOf) -> Result:
    """A team with its members and its invitations; and other teams' invitations that wait for the asking producer, who may be
    in no team yet.
    """
    brokers, own = deps.services.brokers, deps.actor.producer_id
    open_ = [one for one in (await brokers.teaming.invitations(deps.actor)).items if now() < one.expires_at]
    mine = [one for one in open_ if one.producer_id == own]
    try:
        team = await brokers.teaming.one(deps.actor, await brokers.naming.team(deps.actor, args.team))
    except NotFound:
        if args.team is not None or not mine:
            raise
        team = None
    names = await brokers.naming.names(deps.actor, {one.producer_id for one in open_})
    teams = await brokers.naming.teams(deps.actor, {one.team_id for one in mine})
    data: dict[str, Any] = {
        "team_id": str(team.id) if team else None, "name": team.name if team else None,
        "my_role": team.my_role.value if team and team.my_role else None,
        "members": [
            {"producer_id": str(one.producer_id), "name": one.name, "role": one.role.value}
            for one in (team.members if team else ())
        ],
        "invited": [
            {"producer_id": str(one.producer_id), "name": names[one.producer_id], "until": one.expires_at.isoformat()}
            for one in open_ if team and one.team_id == team.id
        ],
        "waiting": [
            {"team_id": str(one.team_id), "name": teams[one.team_id], "until": one.expires_at.isoformat()}
            for one in mine[:_FIRST] if team is None or one.team_id != team.id
        ],
    }  # fmt: skip
    people = cited("producer", *(one["producer_id"] for one in [*data["members"], *data["invited"]]))
    records = cited("team", data["team_id"], *(one["team_id"] for one in data["waiting"]))
    return Result(data, together(records, people), untrusted=True)


def _whom(who: UUID, *groups: Iterable[dict[str, Any]]) -> tuple[Citation, ...]:
    others = [one["producer_id"] for group in groups for one in group if one["producer_id"]]
    return together(cited("producer", who, *others))
