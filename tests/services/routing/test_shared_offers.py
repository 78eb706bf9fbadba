"""A lead that several producers are asked for at once is whose who accepts first, and nobody else's."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.leads.lifecycle import Happening
from kernel.clock import frozen, now
from kernel.errors import Conflict, Invalid, NotFound
from services.container import Services
from services.routing.schemas import PolicyKind
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.routing.conftest import Desk, MakeDesk
from tests.told import kinds_told

SHARE = {"name": "three-at-once", "do": "share", "with": 3}
APART = {"name": "no-rivals", "do": "apart", "by": "carrier"}


def appointed(*carriers: str) -> dict[str, Any]:
    return {
        "appointments": [
            {"carrier": one, "state": "IL", "effective": "2020-01-01", "expires": None} for one in carriers
        ]
    }


async def shared(desk: MakeDesk, producers: int = 4, *more: dict[str, Any], **terms: Any) -> Desk:
    at = await desk(producers, **terms)
    await at.services.distribution.put(at.actor, PolicyKind.RULES, [SHARE, *more], "shared", expected=None)
    return at


async def offers(at: Desk, lead_id: UUID) -> dict[UUID, Any]:
    return {one.producer_id: one for one in (await at.services.offers.history(at.actor, lead_id)).items}


async def holds(at: Desk, lead_id: UUID) -> None:
    """The books agree, the lead is the fold of its events, and its receipts compute to the same again."""
    assert (await at.services.lead_rebuild.rebuild(at.actor)).differed == 0
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    assert lead.receipt_id is not None
    assert (await at.services.receipts.replay(at.actor, lead.receipt_id)).same


async def test_whoever_accepts_first_has_it_and_the_others_are_told(desk: MakeDesk) -> None:
    at = await shared(desk)
    lead_id, _ = await at.offered()
    asked = await offers(at, lead_id)
    assert [one.state for one in asked.values()] == ["offered"] * 3
    assert {one.asked for one in asked.values()} == {3}
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    receipt = await at.services.receipts.get(at.actor, lead.receipt_id)
    outcome = receipt.body["outcome"]
    assert {outcome["producer_id"], *outcome["beside"]} == {str(one) for one in asked}
    assert {"rule": "three-at-once", "do": "share", "removed": 0, "preferred": 0, "note": "acted"} in receipt.body[
        "ranking"
    ]["rules"]
    # Who is asked beside the first does not see the person before they accept.
    beside = next(who for who in asked if who != lead.producer_id)
    with pytest.raises(NotFound):
        await at.services.lead_queries.one(at.producer(beside), lead_id)
    answering = at.services.offers.answering
    answers = await asyncio.gather(
        *(answering.accept(at.producer(who), one.id, expected=None) for who, one in asked.items()),
        return_exceptions=True,
    )
    won = [one for one in answers if not isinstance(one, BaseException)]
    assert len(won) == 1
    assert all(isinstance(one, Conflict) and one.code == "offer_withdrawn" for one in answers if one is not won[0])
    after = await offers(at, lead_id)
    assert Counter(one.state for one in after.values()) == {"accepted": 1, "withdrawn": 2}
    assert {one.reason for one in after.values() if one.state == "withdrawn"} == {"taken_by_another"}
    mine = await at.services.lead_queries.one(at.producer(won[0].producer_id), lead_id)
    assert (mine.status, mine.producer_id) == ("assigned", won[0].producer_id)
    for who in set(asked) - {won[0].producer_id}:
        with pytest.raises(NotFound):
            await at.services.lead_queries.one(at.producer(who), lead_id)
    # Losing the race is no lead: it counts neither for the day nor as the last that was had.
    async with at.services.database.begin(at.actor) as uow:
        loads = await uow.routing.loads(won[0].offered_at)
    assert {who: one.today for who, one in loads.items()} == {won[0].producer_id: 1}
    await at.run()
    assert await at.kinds(lead_id) == ["offered", "accepted"]
    await holds(at, lead_id)


async def test_one_beside_accepts_and_the_run_of_the_first_ends(desk: MakeDesk) -> None:
    at = await shared(desk)
    lead_id, _ = await at.offered()
    first = (await at.services.lead_queries.one(at.actor, lead_id)).producer_id
    who, offer = next((who, one) for who, one in (await offers(at, lead_id)).items() if who != first)
    await at.services.offers.answering.accept(at.producer(who), offer.id, expected=None)
    again = await at.services.offers.answering.accept(at.producer(who), offer.id, expected=None)
    await at.run()
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    assert (again.state, lead.producer_id, lead.status) == ("accepted", who, "assigned")
    await holds(at, lead_id)


async def test_those_who_turn_it_down_are_out_and_after_all_of_them_the_next_are_asked(desk: MakeDesk) -> None:
    at = await shared(desk, 5)
    lead_id, _ = await at.offered()
    asked = await offers(at, lead_id)
    first = (await at.services.lead_queries.one(at.actor, lead_id)).producer_id
    answering = at.services.offers.answering
    in_order = sorted(asked, key=lambda who: who != first)  # the first who was asked declines first
    await answering.decline(at.producer(in_order[0]), asked[in_order[0]].id, "too_busy", None, expected=None)
    lead = await at.services.lead_queries.one(at.actor, lead_id)
    assert (lead.status, lead.producer_id in in_order[1:]) == ("offered", True)
    await at.run()
    assert len(await offers(at, lead_id)) == 3
    with frozen(max(one.due_at for one in asked.values())):
        late = next(who for who in in_order[1:] if who != lead.producer_id)
        assert await answering.time_is_up(at.actor, asked[late].id) == "expired"
    assert (await at.services.lead_queries.one(at.actor, lead_id)).producer_id == lead.producer_id
    last = lead.producer_id
    assert last is not None
    await answering.decline(at.producer(last), asked[last].id, "too_busy", None, expected=None)
    await at.run()
    later = await offers(at, lead_id)
    assert {one.state for who, one in later.items() if who not in asked} == {"offered"}
    assert len(later) == 5
    assert await at.kinds(lead_id) == ["offered", "passed", "passed", "declined", "offered"]
    assert Happening.PASSED in await kinds_told(at.services, at.actor)
    await holds(at, lead_id)


async def test_a_person_who_takes_it_back_or_gives_it_away_ends_all_offers(desk: MakeDesk) -> None:
    at = await shared(desk)
    lead_id, offer = await at.offered()
    manager = at.manager("mo")
    await at.services.offers.answering.withdraw(manager, offer.id, "mine to decide", expected=None)
    assert {one.state for one in (await offers(at, lead_id)).values()} == {"withdrawn"}
    assert (await at.services.lead_queries.one(at.actor, lead_id)).status == "queued"
    other, _ = await at.offered()
    asked = await offers(at, other)
    await at.services.assignments.assign(manager, other, next(iter(asked)), expected=None)
    rows = (await at.services.offers.history(at.actor, other)).items
    assert Counter(one.state for one in rows)["accepted"] == 1
    assert "offered" not in {one.state for one in rows}
    await at.run()
    assert (await at.services.lead_queries.one(at.actor, other)).status == "assigned"
    await holds(at, other)


async def test_no_two_who_are_asked_have_one_carrier(services: Services) -> None:
    sold = [("Acme",), ("acme ", "Best"), ("Best",), ("Crown",), ("Crown",), ()]
    people = [a_producer(f"q{number}", **appointed(*carriers)) for number, carriers in enumerate(sold)]
    at = Desk(services, await new_agency(services, people))
    body = [SHARE | {"with": 6}, APART]
    await services.distribution.put(at.actor, PolicyKind.RULES, body, "shared", expected=None)
    async with services.database.begin(at.actor) as uow:
        carriers = {who: sold[int(name[1:])] for name, who in (await uow.agencies.ids_by_external()).items()}
    for _ in range(6):
        lead_id, _ = await at.offered()  # offered, though the agency's terms do not ask for it
        asked = await offers(at, lead_id)
        held = [one.strip().casefold() for who in asked for one in carriers[who]]
        assert len(held) == len(set(held))
        lead = await services.lead_queries.one(at.actor, lead_id)
        outcome = (await services.receipts.get(at.actor, lead.receipt_id)).body["outcome"]
        assert len(outcome["passed_over"]) == 6 - len(asked) > 0
        await holds(at, lead_id)
    since = now() - timedelta(hours=1)
    tried = await services.distribution.try_on(at.actor, [SHARE, APART], since)
    assert (tried.computed, [one.matched for one in tried.rules]) == (6, [6, 6])


async def test_parallel_claims_of_shared_leads_exceed_no_capacity(desk: MakeDesk) -> None:
    """DOMAIN T8: whoever is asked holds room, and nobody waits in a circle."""
    at = await desk(4, {"capacity_daily": 3})
    limit = {"name": "four", "do": "cap", "limit": 7, "per": "all", "every": "day", "zone": "UTC"}
    await at.services.distribution.put(at.actor, PolicyKind.RULES, [SHARE, limit], "shared", expected=None)
    ids = [await at.lead() for _ in range(12)]
    claims = await asyncio.gather(*(at.claim(one) for one in ids))
    made = [one for lead_id in ids for one in (await offers(at, lead_id)).values()]
    assert len(made) == 7
    assert max(Counter(one.producer_id for one in made).values()) <= 3
    assert Counter(claim.outcome for claim in claims)["queued"] == 12 - len({one.lead.id for one in made})
    for lead_id in ids:
        await holds(at, lead_id)


async def test_what_cannot_be_right_is_refused_when_saved(desk: MakeDesk) -> None:
    at = await desk(1)
    wrong = [
        ([APART], "rules[0].do"), ([SHARE, SHARE | {"name": "again", "with": 2}], "rules[1].when"),
        ([SHARE | {"with": 1}], "rules[0].with"), ([SHARE | {"with": 11}], "rules[0].with"),
        ([SHARE, APART | {"by": "team"}], "rules[1].by"), ([{"name": "x", "do": "share"}], "rules[0].with"),
    ]  # fmt: skip
    for rules, field in wrong:
        with pytest.raises(Invalid) as problem:
            await at.services.distribution.put(at.actor, PolicyKind.RULES, rules, "wrong", expected=None)
        assert {one.field for one in problem.value.fields} == {field}
