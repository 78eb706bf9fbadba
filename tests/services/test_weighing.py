"""The recorded history of a real pipeline played again, and proposals decided by people."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from domain.actor import Actor, ActorKind, Scope
from domain.routing.weights import DEFAULT_WEIGHTS
from kernel.clock import now
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kernel.ids import new_id
from services.container import Services
from services.routing.schemas import PolicyKind
from services.routing.simulations import general_weights
from services.routing.trial_schemas import LearnIn, SimulationIn
from store.sql.repositories.runs import run_of
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.test_panels import a_qualified_lead

WEIGHTS = {name: Decimal(weight) for name, weight in DEFAULT_WEIGHTS.as_dict().items()}


def a_person(actor: Actor, *scopes: Scope) -> Actor:
    return Actor(actor.agency_id, ActorKind.PERSON, f"person:{uuid4()}", frozenset(scopes or Scope))


async def a_proposal(services: Services, actor: Actor) -> UUID:
    proposal_id, moment = new_id(), now()
    async with services.database.begin(actor) as uow:
        await uow.trials.add({
            "id": proposal_id, "version": 1, "state": "proposed", "digest": proposal_id.hex, "present": DEFAULT_WEIGHTS.as_dict(),
            "weights": {"language": "60", "distance": "40"}, "worked": 500, "data_since": moment, "data_until": moment,
            "estimate": {}, "diagnostics": {}, "created_at": moment, "created_by": "system:test", "decided_at": None,
            "decided_by": None, "note": None,
        })  # fmt: skip
    return proposal_id


async def test_a_recorded_history_is_played_as_it_was(services: Services) -> None:
    staff = [a_producer(f"p{n}", capacity_daily=2, languages=["en", "es"][: 1 + n % 2]) for n in range(3)]
    actor, since = await new_agency(services, staff), now() - timedelta(minutes=1)
    leads = [await a_qualified_lead(services, actor) for _ in range(8)]
    for number, lead_id in enumerate(leads):
        await services.assignments.claim(actor, run_of(lead_id, "lead", 0)[0], lead_id, None)
        if number == 2:
            await services.lead_status.change(actor, lead_id, "lose", expected=None, reason="too dear")
    found = await services.weighing.simulations.run(actor, SimulationIn(since=since, weights=WEIGHTS))
    assert (found.leads, found.as_recorded, found.changed) == (8, 8, 0)
    assert found.before.producers == found.after.producers
    assert sum(found.before.producers.values()) == 6
    assert found.before.unassigned == {"nobody_available": 2}
    assert (found.before.breaches, found.after.breaches) == (0, 0)
    assert found.expected is None
    assert "too few" in (found.expected_missing or "")
    assert not [note for note in found.notes if "today for" in note]
    assert set(found.names) == set(found.before.producers)
    learnt = await services.weighing.proposals.learn(actor, LearnIn(since=since))
    assert (learnt.code, learnt.worked, learnt.more_closed) == ("too_little", 1, 428)
    # The rules leave one of three, who may have two leads a day.
    ruled = [{"name": "spanish", "do": "restrict", "to": {"producer.language": "es"}}]
    other = await services.weighing.simulations.run(actor, SimulationIn(since=since, rules=ruled))
    assert other.before == found.before
    assert list(other.after.producers.values()) == [2]
    assert (other.after.rules, other.after.gates["rule_restrict"] > 0) == ({"spanish": 8}, True)
    assert other.changed >= 4
    both = await services.weighing.simulations.run(actor, SimulationIn(since=since, rules=[], weights=WEIGHTS))
    assert (both.changed, both.after) == (0, found.after)
    wrong = [{"name": "nobody", "do": "team", "team": str(uuid4())}]
    with pytest.raises(Invalid) as refused:
        await services.weighing.simulations.run(actor, SimulationIn(since=since, rules=wrong))
    with pytest.raises(Invalid) as as_saved:
        await services.distribution.put(actor, PolicyKind.RULES, wrong, "no such team", expected=None)
    assert refused.value.fields == as_saved.value.fields
    with pytest.raises(Invalid):
        await services.weighing.simulations.run(actor, SimulationIn(since=since))
    with pytest.raises(Invalid) as problem:
        await services.weighing.simulations.run(actor, SimulationIn(since=now() + timedelta(days=1), weights=WEIGHTS))
    assert problem.value.fields[0].field == "since"


async def test_only_a_person_applies_a_proposal_and_once(services: Services) -> None:
    actor = await new_agency(services, [a_producer("only")])
    proposals, proposal_id = services.weighing.proposals, await a_proposal(services, actor)
    person = a_person(actor)
    with pytest.raises(Forbidden):
        await proposals.apply(actor, proposal_id, "by the platform", expected=1)
    with pytest.raises(Forbidden):
        await proposals.apply(a_person(actor, Scope.ROUTING_READ), proposal_id, "may only look", expected=1)
    with pytest.raises(Stale):
        await proposals.apply(person, proposal_id, "an old version", expected=7)
    done = await proposals.apply(person, proposal_id, "looks right", expected=1)
    assert (done.state, done.version, done.decided_by, done.note) == ("applied", 2, person.subject, "looks right")
    async with services.database.begin(actor) as uow:
        assert (await general_weights(uow)).as_dict() == {"distance": "40", "language": "60"}
        (entry,) = await uow.audit.page(
            action="weights.applied", actor=None, subject_id=str(proposal_id), before=None, at_most=5
        )
    assert entry.actor == person.subject
    with pytest.raises(Conflict):
        await proposals.dismiss(person, proposal_id, "too late", expected=None)


async def test_a_proposal_against_other_weights_is_not_applied(services: Services) -> None:
    actor = await new_agency(services, [a_producer("only")])
    proposals, person = services.weighing.proposals, a_person(actor)
    first, second = await a_proposal(services, actor), await a_proposal(services, actor)
    await proposals.apply(person, first, "looks right", expected=None)
    with pytest.raises(Conflict) as problem:
        await proposals.apply(person, second, "looks right, too", expected=None)
    assert problem.value.code == "weights_changed"
    assert (await proposals.dismiss(person, second, "old", expected=1)).state == "dismissed"
    page = await proposals.page(actor, at_most=1)
    assert [one.id for one in page.items] == [second]
    assert [one.id for one in (await proposals.page(actor, page.next_cursor)).items] == [first]
    with pytest.raises(NotFound):
        await proposals.one(await new_agency(services, [a_producer("other")]), first)
