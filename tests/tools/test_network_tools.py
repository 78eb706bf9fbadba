"""Tools of the network: what a run passes on is passed on once, and a model never says for whom it acts."""

from __future__ import annotations

import inspect

import pytest

import tools.network
from domain.actor import system_actor
from kernel.ids import new_id
from services.container import Services
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.test_relations import a_qualified_lead, of
from tools.deps import ToolDeps


async def test_a_lead_is_matched_referred_and_accepted_and_a_repeated_step_changes_nothing(services: Services) -> None:
    links = [{"from": "p1", "to": "p2", "kind": "partnership", "strength": "0.5"}]
    actor = await new_agency(services, [a_producer("p1"), a_producer("p2")], links)
    who = await of(services, actor)
    lead_id = await a_qualified_lead(services, actor)
    await services.assignments.assign(actor, lead_id, who["p1"], expected=None)
    deps = ToolDeps(system_actor(actor.agency_id, "test"), services, new_id(), lead_id)
    matches = await tools.network.referral_matches(deps)
    assert [one["producer_id"] for one in matches["items"]] == [str(who["p2"])]
    made = [await tools.network.refer_lead(deps, from_id=who["p1"]) for _ in range(2)]
    assert made[0]["id"] == made[1]["id"]
    taken = await tools.network.accept_referral(deps, made[0]["id"], version=1)
    assert taken["state"] == "accepted"
    reach = await tools.network.network_reach(deps, who["p1"])
    assert (reach["reach"], reach["by_degree"]) == (1, {"1": 1, "2": 0, "3": 0})
    assert (await tools.network.network_tier(deps, who["p1"]))["tier"] == "bronze"


@pytest.mark.parametrize(
    "tool", ["network_reach", "network_tier", "referral_matches", "refer_lead", "accept_referral", "decline_referral"]
)
def test_the_actor_comes_from_the_deps_and_every_tool_says_what_it_does(tool: str) -> None:
    found = getattr(tools.network, tool)
    names = list(inspect.signature(found).parameters)
    assert names[0] == "deps"
    assert not {"actor", "agency_id"} & set(names)
    assert inspect.getdoc(found)
