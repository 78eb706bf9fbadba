"""What if: the past played again under other weights or rules, beside what was in force."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.actor import Actor, Scope
from domain.lines import Line
from domain.routing.conversion import parts_of
from domain.routing.logged import Decided
from domain.routing.past import Past
from domain.routing.rules.fields import AMOUNT
from domain.routing.rules.reading import read_rules
from domain.routing.rules.rule import Do, Rule
from domain.routing.simulation import Policy, as_it_was, by_rules, by_weights, simulate
from domain.routing.weights import Weights
from domain.routing.whatif import WhatIf, compare
from kernel.clock import now
from kernel.errors import FieldError, Invalid
from services.routing.past import read_decided, read_past
from services.routing.policies import checked, weights_in_force
from services.routing.roster import Rosters
from services.routing.schemas import PolicyKind
from services.routing.trial_schemas import SimulationIn, SimulationView
from store.uow import Database, UnitOfWork

_LOOK_EVERY = 64


@dataclass(frozen=True, slots=True)
class Allowed:
    """How much one simulation may take: decisions, and seconds of computing."""

    leads: int
    seconds: float


AT_A_DOOR = Allowed(5_000, 25.0)
"""Less than any proxy waits; whoever wants more has the command line."""
BY_HAND = Allowed(500_000, 24 * 3600.0)


class Simulations:
    """Needs ``routing:write``, since what is learnt of an agency's routing is for who may change it. Changes nothing."""

    def __init__(self, database: Database, rosters: Rosters) -> None:
        self._database = database
        self._rosters = rosters
        self._turn = asyncio.Semaphore(1)  # computing holds the interpreter; two at once would only slow each other

    async def run(self, actor: Actor, wanted: SimulationIn, allowed: Allowed = AT_A_DOOR) -> SimulationView:
        """Play both.

        Raises Invalid for weights that are none, for rules as if they were saved, where neither is given, for a time that is
        empty or ahead, or one that takes more than is allowed.
        """
        actor.require(Scope.ROUTING_WRITE)
        actor.require_whole_agency()
        if wanted.weights is None and wanted.rules is None:
            fault = FieldError("weights", "missing", "nothing would be different", "give weights, rules, or both")
            raise Invalid("there is nothing to try", fields=(fault,))
        weights = None if wanted.weights is None else Weights.of(wanted.weights)
        until = span(wanted.since, wanted.until)
        async with self._turn:
            async with self._database.begin(actor) as uow:
                roster = await self._rosters.current(uow)
                rules = None
                if wanted.rules is not None:
                    rules = read_rules(checked(PolicyKind.RULES, wanted.rules, roster))
                past = await read_past(uow, roster, wanted.since, until, allowed.leads)
                decided = await read_decided(uow, wanted.since, until, allowed.leads)
                present = await general_weights(uow)
            watch = _deadline(allowed.seconds)
            found = await asyncio.to_thread(
                _both, _noted(past, rules), decided, _policy(weights, rules), present, wanted.seed, watch
            )
        who = {*found.before.producers, *found.after.producers}
        async with self._database.begin(actor) as uow:
            names = await uow.agencies.names(sorted(who))
        return SimulationView.model_validate({
            **found.as_dict(), "since": wanted.since, "until": until, "names": names,
        })  # fmt: skip


async def general_weights(uow: UnitOfWork) -> Weights:
    """The weights in force for leads whose line and tier have none of their own."""
    return (await weights_in_force(uow)).for_lead(Line.UNKNOWN, None)[0]


def span(since: datetime, until: datetime | None) -> datetime:
    """The end of the time; raises Invalid for one that does not lie between ``since`` and now."""
    moment = now()
    end = until or moment
    if not since < end <= moment:
        fault = FieldError("since", "out_of_order", "is not before the end", "give a past time", since.isoformat())
        raise Invalid("there is nothing between these times", fields=(fault,))
    return end


def _policy(weights: Weights | None, rules: tuple[Rule, ...] | None) -> Policy:
    if rules is not None:
        return by_rules(rules, weights)
    return as_it_was if weights is None else by_weights(weights)


def _noted(past: Past, rules: tuple[Rule, ...] | None) -> Past:
    """What is not as it would have been."""
    notes = []
    if any(rule.do is Do.CAP for rule in rules or ()) or any(
        one.terms.caps(one.lead, one.ranked_at) for one in past.leads
    ):
        notes.append("caps count from the first lead on: their periods began before")
    if any(name.startswith(AMOUNT) for rule in rules or () for name in rule.when):
        notes.append("declared amounts that no rule asked for then are unknown")
    return replace(past, notes=(*past.notes, *notes))


def _both(
    past: Past, decided: list[Decided], policy: Policy, present: Weights, seed: int, watch: Callable[[int], None]
) -> WhatIf:
    before = simulate(past, as_it_was, watch=watch)
    after = simulate(past, policy, watch=watch)
    worked = [one for each in decided if (one := each.worked()) is not None]
    return compare(past, before, after, worked, parts_of(present), seed)


def _deadline(seconds: float) -> Callable[[int], None]:
    ends = time.monotonic() + seconds

    def watch(played: int) -> None:
        if played % _LOOK_EVERY == 0 and time.monotonic() > ends:
            fault = FieldError(
                "since", "too_long", f"takes over {seconds:g} seconds", "take a later since, or the command line"
            )
            raise Invalid("so long a time cannot be played again here", fields=(fault,))

    return watch
