"""Teams and what routing sees of them; months, forecasts, advice, and what somebody should look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from domain.network.advice import Reason
from domain.network.exchange import Cell, Counted, month_of
from domain.network.teams import Invitation, Role
from kernel.clock import frozen, now
from kernel.errors import Conflict, Forbidden, NotFound, Stale
from services.container import Services
from services.network.team_schemas import InvitationIn, TeamIn, TeamView
from services.routing.roster import Rosters
from tests.builders import a_producer
from tests.conftest import new_agency
from tests.services.network.conftest import Circle, MakeCircle


async def a_team(circle: Circle, *members: str, name: str = "North") -> TeamView:
    teaming = circle.services.brokers.teaming
    made = await teaming.found(circle.producer("p1"), TeamIn(name=name, leader_id=None))
    for member in members:
        invited = await teaming.invite(circle.producer("p1"), made.id, InvitationIn(producer_id=circle.who[member]))
        await teaming.answer(circle.producer(member), invited.id, accept=True)
    return await teaming.one(circle.actor, made.id)


async def test_who_joins_a_team_is_in_it_for_routing_too(circle: Circle) -> None:
    team = await a_team(circle, "p2")
    assert {(one.name, one.role) for one in team.members} == {
        ("Producer p1", Role.LEADER), ("Producer p2", Role.MEMBER),
    }  # fmt: skip
    async with circle.services.database.begin(circle.actor) as uow:
        roster = await Rosters().current(uow)
    assert {name for name, who in circle.who.items() if roster.profiles[who].team_id == team.id} == {"p1", "p2"}
    changes = (await circle.services.producers.records.changes(circle.actor, circle.who["p2"], None, 5)).items
    assert changes[0].did == "team"


async def test_a_team_of_an_agency_file_has_its_members(make_circle: MakeCircle) -> None:
    circle = await make_circle({"p2": {"team": "North"}, "p3": {"team": "North"}})
    team = await a_team(circle)
    assert len(team.members) == 3
    page = await circle.services.brokers.teaming.page(circle.actor, None, 10)
    assert [(one.name, one.members) for one in page.items] == [("North", 3)]


async def test_only_the_invited_answers_once_and_in_time(circle: Circle) -> None:
    teaming = circle.services.brokers.teaming
    team = await a_team(circle)
    invited = await teaming.invite(circle.producer("p1"), team.id, InvitationIn(producer_id=circle.who["p2"]))
    assert await teaming.invite(circle.producer("p1"), team.id, InvitationIn(producer_id=circle.who["p2"])) == invited
    assert [one.id for one in (await teaming.invitations(circle.producer("p2"))).items] == [invited.id]
    assert (await teaming.invitations(circle.producer("p3"))).items == []
    with pytest.raises(NotFound):
        await teaming.answer(circle.producer("p3"), invited.id, accept=True)
    with pytest.raises(Forbidden):
        await teaming.invite(circle.producer("p3"), team.id, InvitationIn(producer_id=circle.who["p4"]))
    with frozen(now() + timedelta(days=15)):
        with pytest.raises(Conflict):
            await teaming.answer(circle.producer("p2"), invited.id, accept=True)
        anew = await teaming.invite(circle.producer("p1"), team.id, InvitationIn(producer_id=circle.who["p2"]))
        assert anew.id != invited.id
        assert (await teaming.answer(circle.producer("p2"), anew.id, accept=False)).state is Invitation.DECLINED
    with pytest.raises(Conflict):
        await teaming.answer(circle.producer("p2"), anew.id, accept=True)


async def test_who_may_invite_sees_what_is_open_and_takes_it_back(circle: Circle) -> None:
    teaming = circle.services.brokers.teaming
    team = await a_team(circle)
    other = await teaming.found(circle.actor, TeamIn(name="South", leader_id=circle.who["p5"]))
    invited = await teaming.invite(circle.producer("p1"), team.id, InvitationIn(producer_id=circle.who["p2"]))
    assert (await teaming.invited(circle.producer("p1"), team.id)).items == [invited]
    for name in ("p2", "p3"):
        with pytest.raises(Forbidden):
            await teaming.invited(circle.producer(name), team.id)
        with pytest.raises(Forbidden):
            await teaming.withdraw(circle.producer(name), team.id, invited.id)
    with pytest.raises(NotFound):
        await teaming.withdraw(circle.actor, other.id, invited.id)
    gone = await teaming.withdraw(circle.producer("p1"), team.id, invited.id)
    assert gone.state is Invitation.WITHDRAWN
    assert await teaming.withdraw(circle.producer("p1"), team.id, invited.id) == gone, "again changes nothing"
    assert (await teaming.invited(circle.actor, team.id)).items == []
    with pytest.raises(Conflict) as over:
        await teaming.answer(circle.producer("p2"), invited.id, accept=True)
    assert over.value.code == "invitation_withdrawn"
    anew = await teaming.invite(circle.producer("p1"), team.id, InvitationIn(producer_id=circle.who["p2"]))
    await teaming.answer(circle.producer("p2"), anew.id, accept=True)
    with pytest.raises(Conflict) as done:
        await teaming.withdraw(circle.producer("p1"), team.id, anew.id)
    assert done.value.code == "invitation_accepted"


async def test_a_leader_hands_over_before_leaving(circle: Circle) -> None:
    teaming = circle.services.brokers.teaming
    team = await a_team(circle, "p2")
    with pytest.raises(Conflict) as leads:
        await teaming.remove(circle.producer("p1"), team.id, circle.who["p1"], expected=None)
    assert leads.value.code == "team_needs_leader"
    with pytest.raises(Forbidden):
        await teaming.set_role(circle.producer("p2"), team.id, circle.who["p2"], Role.LEADER, expected=None)
    with pytest.raises(Stale):
        await teaming.set_role(circle.producer("p1"), team.id, circle.who["p2"], Role.LEADER, expected=99)
    after = await teaming.set_role(circle.producer("p1"), team.id, circle.who["p2"], Role.LEADER, expected=team.version)
    assert {one.producer_id: one.role for one in after.members} == {
        circle.who["p1"]: Role.MEMBER, circle.who["p2"]: Role.LEADER,
    }  # fmt: skip
    left = await teaming.remove(circle.producer("p1"), team.id, circle.who["p1"], expected=None)
    assert [one.producer_id for one in left.members] == [circle.who["p2"]]
    with pytest.raises(Conflict):
        await teaming.found(circle.producer("p1"), TeamIn(name="North", leader_id=None))


async def test_a_teams_numbers_are_those_of_its_members(circle: Circle) -> None:
    team = await a_team(circle, "p2")
    await circle.converted("p1", "p2")
    await circle.refer("p2", "p3")
    found = await circle.services.brokers.teaming.performance(circle.producer("p2"), team.id)
    assert (found.members, found.inside, found.outside) == (2, 1, 1)
    assert (found.converted.count, found.revenue) == (1, {"USD": 120_000})
    with pytest.raises(NotFound):
        await circle.services.brokers.teaming.performance(circle.producer("p5"), team.id)


async def months(circle: Circle, sender: str, receiver: str, counts: list[int]) -> None:
    """So many converted referrals in each full month up to the last."""
    this = month_of(now())
    cells = {
        Cell(circle.who[sender], circle.who[receiver], this - len(counts) + place, what): count
        for place, count in enumerate(counts)
        for what in (Counted.SENT, Counted.ACCEPTED, Counted.CONVERTED)
    }
    async with circle.services.database.begin(circle.actor) as uow:
        await uow.referrals.count(cells)


async def test_growth_is_told_by_month_and_forecast_with_a_range(circle: Circle) -> None:
    growing = circle.services.brokers.growing
    empty = await growing.growth(circle.actor, None)
    assert (empty.rate, empty.forecast["converted"]) == (None, None)
    await months(circle, "p1", "p2", [10, 11, 12, 13, 14, 15, 16, 17])
    found = await growing.growth(circle.actor, circle.who["p1"])
    assert [one.converted for one in found.months] == [10, 11, 12, 13, 14, 15, 16, 17, 0]
    assert found.rate == pytest.approx(1 / 16)
    ahead = found.forecast["converted"]
    assert ahead is not None
    assert [round(one.expected) for one in ahead] == [18, 19, 20]
    assert ahead[0].month == found.months[-1].month, "the present month has begun and is not counted yet"
    assert all(one.low < one.expected < one.high for one in ahead)
    assert found.months[-1].connected == 1


@pytest.fixture
async def silver(circle: Circle) -> AsyncIterator[Circle]:
    """p1 with enough counterparts for Silver: four at their cap."""
    for receiver in ("p2", "p3", "p4", "p5"):
        await months(circle, "p1", receiver, [20])
    return circle


async def test_enhanced_analytics_come_with_silver(silver: Circle) -> None:
    growing, standing = silver.services.brokers.growing, silver.services.brokers.standing
    card = await standing.tier(silver.producer("p1"), silver.who["p1"])
    assert (card.tier.value, card.multiplier) == ("silver", Decimal("1.05"))
    assert (await growing.advise(silver.producer("p1"), silver.who["p1"], 10)).items
    with pytest.raises(Forbidden, match="silver"):
        await growing.advise(silver.producer("p2"), silver.who["p2"], 10)
    assert (await growing.advise(silver.actor, silver.who["p2"], 10)).producer_id == silver.who["p2"]
    board = await standing.leaderboard(silver.actor, 0, 3)
    assert [(one.place, one.producer_id) for one in board.items[:1]] == [(1, silver.who["p1"])]
    assert (board.of, board.next_offset, board.featured) == (5, 3, [])


async def test_advice_names_people_who_are_known_in_common(circle: Circle) -> None:
    await circle.services.projection.refresh(circle.actor)
    found = await circle.services.brokers.growing.advise(circle.actor, circle.who["p1"], 10)
    assert [(one.producer_id, one.reason) for one in found.items] == [(circle.who["p3"], Reason.MEET)]


async def test_nobody_is_advised_to_send_to_who_is_not_active(make_circle: MakeCircle) -> None:
    circle = await make_circle({"p2": {"active": False}})
    for receiver in ("p2", "p3"):
        await months(circle, "p1", receiver, [4, 4, 4])
    found = await circle.services.brokers.growing.advise(circle.actor, circle.who["p1"], 10)
    assert {one.producer_id for one in found.items} == {circle.who["p3"]}


async def test_rings_circles_and_shared_addresses_are_for_people_of_the_agency(make_circle: MakeCircle) -> None:
    circle = await make_circle({"p4": {"phone": "312-555-0100"}, "p5": {"phone": "+1 312 555 0100"}})
    for sender, receiver in (("p1", "p2"), ("p2", "p3"), ("p3", "p1")):
        await months(circle, sender, receiver, [5])
    growing = circle.services.brokers.growing
    found = await growing.suspicions(circle.actor)
    assert found.rings == [], "three of three who trade are the whole agency"
    assert [set(one) for one in found.circles] == [{circle.who[name] for name in ("p1", "p2", "p3")}]
    assert [set(one) for one in found.households] == [{circle.who["p4"], circle.who["p5"]}]
    with pytest.raises(Forbidden):
        await growing.suspicions(circle.producer("p1"))


async def test_a_ring_ends_at_the_cap_of_one_counterpart(services: Services) -> None:
    actor = await new_agency(services, [a_producer(f"r{number}") for number in range(8)])
    async with services.database.begin(actor) as uow:
        who = await uow.agencies.ids_by_external()
    circle = Circle(services, actor, who)
    ring = [("r0", "r1"), ("r1", "r2"), ("r2", "r0")]
    for sender, receiver in ring:
        await months(circle, sender, receiver, [90])
    for number in range(3, 7):
        await months(circle, f"r{number}", f"r{number + 1}", [1])
    (found,) = (await services.brokers.growing.suspicions(actor)).rings
    assert set(found.members) == {who[name] for name in ("r0", "r1", "r2")}
    score = await services.brokers.standing.score(actor, who["r0"])
    assert (score.score, len(score.counterparts), len(score.groups)) == (25, 2, 1)
