"""Policies decide from the next lead on, turns are fair over the real service, and caps hold under parallel claims."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain.actor import Actor
from domain.routing.weights import DEFAULT_WEIGHTS
from kernel.clock import now
from kernel.errors import Forbidden, Invalid, NotFound, Stale
from services.container import Services
from services.leads.schemas import LeadIn
from services.routing.assign import Claimed
from services.routing.schemas import PolicyKind
from store.sql.repositories.runs import run_of
from tests.builders import a_lead, a_producer, an_agency
from tests.conftest import new_agency

pytestmark = pytest.mark.both_sides

TURNS = {"agency": {"kind": "round_robin"}}


async def qualified(services: Services, actor: Actor, count: int, **changes: Any) -> list[UUID]:
    """So many leads that can be claimed."""
    leads = []
    for _ in range(count):
        body = LeadIn(**a_lead(email=f"{uuid4()}@leads.example", phone=None, **changes))
        leads.append(UUID((await services.intake.accept_one(actor, body, key=None)).body["lead_id"]))
    async with services.database.begin(actor) as uow:
        await uow.session.execute(
            text(
                "UPDATE lead SET status = 'qualified', line = 'auto', lines = '{auto}', score = 50, tier = 'warm'"
                " WHERE id = ANY(:leads)"
            ),
            {"leads": leads},
        )
        await uow.session.execute(text("UPDATE graph_run SET status = 'done'"))
    return leads


async def claimed(services: Services, actor: Actor, leads: list[UUID], *, at_once: bool = False) -> list[Claimed]:
    """Each lead claimed for its first run."""
    claims = [services.assignments.claim(actor, run_of(lead, "lead", 0)[0], lead, None) for lead in leads]
    return list(await asyncio.gather(*claims)) if at_once else [await claim for claim in claims]


async def assert_replayed(services: Services, actor: Actor, claims: list[Claimed]) -> None:
    """Every receipt computes to itself."""
    for claim in claims:
        again = await services.receipts.replay(actor, claim.receipt_id)
        assert again.same, again.differences
        assert again.producer_id == claim.producer_id


def cap(limit: int, per: str) -> dict[str, Any]:
    return {"name": "daily", "do": "cap", "limit": limit, "per": per, "every": "month", "zone": "UTC"}


@pytest.mark.parametrize("at_once", [False, True])
async def test_two_equals_take_turns_fifteen_to_fifteen_whoever_claims(services: Services, at_once: bool) -> None:
    """DOMAIN T7: 2 equal agents, 30 leads, 15 each, one after another and all at once."""
    actor = await new_agency(services, [a_producer(name, capacity_daily=100) for name in ("a", "b")])
    await services.distribution.put(actor, PolicyKind.STRATEGY, TURNS, "fair", expected=0)
    claims = await claimed(services, actor, await qualified(services, actor, 30), at_once=at_once)
    assert sorted(Counter(claim.producer_id for claim in claims).values()) == [15, 15]
    await assert_replayed(services, actor, claims)


async def test_fifty_parallel_claims_exceed_neither_a_cap_nor_a_capacity(services: Services) -> None:
    """DOMAIN T8: capacity and caps are counted inside the claim."""
    actor = await new_agency(services, [a_producer("a", capacity_daily=4), a_producer("b", capacity_daily=100)])
    rules = [cap(7, "all"), {**cap(5, "producer"), "name": "each"}]
    await services.distribution.put(actor, PolicyKind.RULES, rules, "no more", expected=0)
    claims = await claimed(services, actor, await qualified(services, actor, 50), at_once=True)
    assert Counter(claim.outcome for claim in claims) == {"assigned": 7, "queued": 43}
    got = Counter(claim.producer_id for claim in claims if claim.producer_id)
    assert max(got.values()) <= 5
    assert min(got.values()) >= 2
    await assert_replayed(services, actor, claims[:10])
    assert (await services.books.of(actor)).days_over_capacity == 0


async def test_turns_survive_a_restart_and_who_left_and_came(services: Services) -> None:
    """DOMAIN T7: memory is in the database; a deleted producer moves nobody, a new one begins at the present."""
    actor = await new_agency(services, [a_producer(name, capacity_daily=100) for name in ("a", "b", "c")])
    await services.distribution.put(actor, PolicyKind.STRATEGY, TURNS, "fair", expected=0)
    first = await claimed(services, actor, await qualified(services, actor, 3))
    order = [claim.producer_id for claim in first]
    assert len(set(order)) == 3
    services.ranking._memories._pools.clear()  # what a restart leaves of it
    async with services.database.begin(actor) as uow:
        await uow.session.execute(text("UPDATE producer SET active = false WHERE id = :who"), {"who": order[0]})
        await uow.session.execute(text("UPDATE agency SET roster_version = roster_version + 1"))
    after = await claimed(services, actor, await qualified(services, actor, 4))
    assert [claim.producer_id for claim in after] == [order[1], order[2], order[1], order[2]]
    await assert_replayed(services, actor, [*first, *after])


async def test_a_receipt_names_versions_and_what_each_rule_did(services: Services) -> None:
    actor = await new_agency(services, [a_producer("a", capacity_daily=9), a_producer("b", capacity_daily=9)])
    only = {"name": "only-b", "do": "restrict", "to": {"producer.id": "b"}, "when": {"lead.line": "auto"}}
    saved = await services.distribution.put(actor, PolicyKind.RULES, [only], "b asked for it", expected=0)
    rows = {"rows": [{"line": "auto", "tier": "warm", "weights": {"language": "2.5", "distance": 1}}]}
    await services.distribution.put(actor, PolicyKind.WEIGHTS, rows, "try", expected=0)
    (claim,) = await claimed(services, actor, await qualified(services, actor, 1))
    async with services.database.begin(actor) as uow:
        b = (await uow.agencies.ids_by_external())["b"]
    assert saved.body[0]["to"]["producer.id"] == str(b)  # type: ignore[index, call-overload]
    assert claim.producer_id == b
    body = (await services.receipts.get(actor, claim.receipt_id)).body
    assert body["policy"]["versions"] == {"weights": 1, "rules": 1, "strategy": 0}
    assert (body["policy"]["weights_of"], body["weights"]) == ("auto/warm", {"distance": "1", "language": "2.5"})
    assert body["ranking"]["rules"] == [
        {"rule": "only-b", "do": "restrict", "removed": 1, "preferred": 0, "note": "acted"}
    ]
    assert body["ranking"]["refused"] == {"rule_restrict": 1}
    await assert_replayed(services, actor, [claim])


async def test_versions_are_only_added_and_an_old_one_can_be_in_force_again(services: Services) -> None:
    actor = await new_agency(services, [a_producer("a")])
    await services.distribution.put(actor, PolicyKind.RULES, [cap(3, "all")], "first", expected=0)
    with pytest.raises(Stale):
        await services.distribution.put(actor, PolicyKind.RULES, [], "late", expected=0)
    await services.distribution.put(actor, PolicyKind.RULES, [], "none", expected=1)
    again = await services.distribution.restore(actor, PolicyKind.RULES, 1, expected=2)
    assert (again.version, again.body, again.why) == (3, [cap(3, "all")], "version 1 again")
    listed = await services.distribution.versions(actor, PolicyKind.RULES)
    assert [one.version for one in listed.items] == [3, 2, 1]
    assert (await services.distribution.in_force(actor, PolicyKind.STRATEGY)).version == 0
    with pytest.raises(NotFound):
        await services.distribution.restore(actor, PolicyKind.RULES, 9, expected=None)
    with pytest.raises(Stale):
        await services.distribution.restore(actor, PolicyKind.RULES, 2, "late", expected=2)
    shipped = await services.distribution.restore(actor, PolicyKind.RULES, 0, "too many caps", expected=3)
    assert (shipped.version, shipped.body, shipped.why) == (4, [], "version 0 again: too many caps")


async def test_an_earlier_version_is_checked_against_producers_as_they_are_now(services: Services) -> None:
    staff = [a_producer("a", team="north"), a_producer("b")]
    actor = await new_agency(services, staff)
    async with services.database.begin(actor) as uow:
        profiles = (await services.rosters.current(uow)).profiles.values()
    (north,) = {one.team_id for one in profiles if one.team_id is not None}
    rules = [{"name": "north", "do": "team", "team": str(north)}]
    await services.distribution.put(actor, PolicyKind.RULES, rules, "north first", expected=0)
    await services.distribution.put(actor, PolicyKind.RULES, [], "north closes", expected=1)
    for one in staff:
        one["team"] = None
    async with services.database.begin(actor) as uow:
        slug = (await uow.agencies.mine()).slug
    await services.agencies.load(actor, json.dumps(an_agency(slug, staff)).encode())
    with pytest.raises(Invalid) as refused:
        await services.distribution.restore(actor, PolicyKind.RULES, 1, "north again", expected=2)
    assert "team" in refused.value.fields[0].field
    assert (await services.distribution.in_force(actor, PolicyKind.RULES)).version == 2


async def test_restored_weights_rank_the_next_lead(services: Services) -> None:
    """Whoever is near gets it by version 1, whoever speaks the language by version 2, and by version 3, which is 1 again."""
    near, speaks = a_producer("near", zip_code="60614", languages=["en"]), a_producer("far", zip_code="10001")
    actor = await new_agency(services, [near, speaks | {"profile": {**speaks["profile"], "languages": ["es"]}}])
    by = {"distance": {"rows": [{"weights": {"distance": 1}}]}, "language": {"rows": [{"weights": {"language": 1}}]}}
    got = []
    for change in (by["distance"], by["language"], 1, 0):
        if isinstance(change, int):
            await services.distribution.restore(actor, PolicyKind.WEIGHTS, change, "again", expected=None)
        else:
            await services.distribution.put(actor, PolicyKind.WEIGHTS, change, "try", expected=None)
        (claim,) = await claimed(services, actor, await qualified(services, actor, 1, language="es"))
        body = (await services.receipts.get(actor, claim.receipt_id)).body
        got.append((body["policy"]["versions"]["weights"], body["weights"]))
    assert got == [
        (1, {"distance": "1"}), (2, {"language": "1"}), (3, {"distance": "1"}), (4, DEFAULT_WEIGHTS.as_dict()),
    ]  # fmt: skip


async def test_a_cap_may_count_by_something_else_from_one_day_to_the_same(services: Services) -> None:
    actor = await new_agency(services, [a_producer("a"), a_producer("b")])
    await services.distribution.put(actor, PolicyKind.RULES, [cap(2, "all")], "two a month", expected=0)
    before = await claimed(services, actor, await qualified(services, actor, 3))
    assert [one.outcome for one in before] == ["assigned", "assigned", "queued"]
    await services.distribution.put(actor, PolicyKind.RULES, [cap(1, "producer")], "one each", expected=1)
    after = await claimed(services, actor, await qualified(services, actor, 3))
    assert [one.outcome for one in after] == ["assigned", "assigned", "queued"]
    assert after[0].producer_id != after[1].producer_id
    await assert_replayed(services, actor, [*before, *after])


async def test_what_names_nobody_is_refused_and_only_administrators_change(services: Services, actor: Actor) -> None:
    wrong = [{"name": "x", "do": "restrict", "to": {"producer.id": str(uuid4())}}]
    with pytest.raises(Invalid) as caught:
        await services.distribution.check(actor, PolicyKind.RULES, wrong)
    assert [fault.code for fault in caught.value.fields] == ["unknown_producer"]
    weights = {"agency": {"kind": "round_robin", "weights": {str(uuid4()): 2}}}
    with pytest.raises(Invalid):
        await services.distribution.put(actor, PolicyKind.STRATEGY, weights, "x", expected=None)
    nobody = Actor(actor.agency_id, actor.kind, "x")
    for ask in (
        services.distribution.in_force(nobody, PolicyKind.RULES),
        services.distribution.put(nobody, PolicyKind.RULES, [], "x", expected=None),
        services.distribution.try_on(nobody, [], now()),
    ):
        with pytest.raises(Forbidden):
            await ask


async def test_rules_are_tried_on_past_leads_before_they_decide(services: Services) -> None:
    actor = await new_agency(services, [a_producer(name, capacity_daily=100) for name in ("a", "b")])
    leads = await qualified(services, actor, 6)
    claims = await claimed(services, actor, leads)
    loser = {"a": "b", "b": "a"}
    async with services.database.begin(actor) as uow:
        names = {who: name for name, who in (await uow.agencies.ids_by_external()).items()}
    first = names[claims[0].producer_id]  # type: ignore[index]
    rule = {"name": "other", "do": "restrict", "to": {"producer.id": loser[first]}}
    found = await services.distribution.try_on(actor, [rule, cap(2, "all")], now() - timedelta(days=1))
    assert (found.decisions, found.computed) == (6, 6)
    assert [(one.rule, one.matched) for one in found.rules] == [("other", 6), ("daily", 6)]
    assert [one.code for one in found.leads].count("rules_waiting") == 4
    assert found.leads[0].lead_id == leads[0]
    assert names[found.leads[0].after] == loser[first]  # type: ignore[index]
    assert (await services.distribution.in_force(actor, PolicyKind.RULES)).version == 0
